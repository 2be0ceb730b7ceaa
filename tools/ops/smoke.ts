/** `npm run smoke`: creates, reads, changes and deletes one secret on a deployed stage, and leaves nothing behind. */

import { parseArgs } from "node:util";
import { runChecks } from "./smoke/check.ts";
import { doorChecks } from "./smoke/door.ts";
import { lifeOfSecret } from "./smoke/life.ts";
import { findTargets, type Target } from "./smoke/target.ts";
import { runTool } from "./tool.ts";

const usage = `npm run smoke -- [options]

Creates a secret, calls every method on it, and deletes it.

  --url https://…        call the API at this base URL over HTTP
  --token-env name       environment variable with the token for it (default: SECRET_TOKEN)
  --read-token-env name  environment variable with a token for secret:read only, to check that it is refused data
  --stage name           invoke this stage's functions, with the AWS credentials and region of the environment
  --domain id            domain of the secret; needed with a token for secret:system (default with --stage: a new domain)

Without --url and --stage, it checks the local stack (npm start) in both ways.

If SECRET_TOKEN is not set, SECRET_TOKEN_URL, SECRET_CLIENT_ID and SECRET_CLIENT_SECRET get a token by client credentials, with
SECRET_TOKEN_SCOPE and SECRET_TOKEN_AUDIENCE if they are set.

Exit code: 0 all checks passed, 1 some failed (each is listed), 2 the checks could not be run.
`;

const write = (line: string) => {
  process.stdout.write(`${line}\n`);
};

// Ignored: if the reader stops (`… | head`), the secret must still be deleted.
process.stdout.on("error", () => undefined);

await runTool(usage, async (signal) => {
  const text = { type: "string" } as const;
  const options = { url: text, stage: text, domain: text, "token-env": text, "read-token-env": text };
  const { values } = parseArgs({ options });
  let failed = 0;
  for (const target of await findTargets(values, process.env)) failed += await check(target, signal);
  signal.throwIfAborted();
  return failed === 0 ? 0 : 1;
});

async function check({ title, client, domain, door }: Target, signal: AbortSignal): Promise<number> {
  write(title);
  const { checks, cleanUp } = lifeOfSecret({ client, domain, signal });
  const atDoor = door === null ? [] : doorChecks(door.url, door.reader);
  const failed = await runChecks([...atDoor, ...checks], { write, signal });
  // No signal, so that it also runs after Ctrl-C.
  return failed + (await runChecks([cleanUp], { write }));
}
