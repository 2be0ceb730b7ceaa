/** `npm run smoke`: creates, reads, changes and deletes one secret on a deployed stage, and leaves nothing behind. */

import { parseArgs } from "node:util";
import { runChecks } from "./smoke/check.ts";
import { doorChecks } from "./smoke/door.ts";
import { lifeOfSecret } from "./smoke/life.ts";
import { findTargets, type Target } from "./smoke/target.ts";
import { runTool } from "./tool.ts";

const usage = `npm run smoke -- [options]

  --url https://…        base URL of a deployed API, to call it over HTTP
  --token-env name       environment variable with the token for it; SECRET_TOKEN where left out
  --read-token-env name  one with a token of secret:read alone: it must be refused data
  --stage name           a stage's functions, to invoke them, with the AWS credentials and region of the environment
  --domain id            domain of the secret: needed for a token of secret:system; for --stage a new one where left out

Without --url and --stage: the local stack (npm start), both ways.

SECRET_TOKEN_URL, SECRET_CLIENT_ID, SECRET_CLIENT_SECRET: get a token by client credentials, where no SECRET_TOKEN is set;
SECRET_TOKEN_SCOPE and SECRET_TOKEN_AUDIENCE are sent along where set.

Exit code: 0 all checks hold, 1 some do not (each is told), 2 they could not be run.
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
