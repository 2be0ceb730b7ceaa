/** `npm start`: runs the local stack in the foreground until Ctrl-C or SIGTERM. */

import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { reasonOf, type StackDescription } from "./folder.ts";
import { type StackOptions, startStack } from "./stack.ts";

const usage = `npm start -- [--fresh] [--param name=value]…

Runs the service on this machine, until Ctrl-C.

  --fresh             delete the secrets and keys of earlier starts
  --param name=value  set a parameter of serverless.yml, for example sealedOnly=true (repeatable)

Environment variables:
  PORT=3000           port of the API; the other parts take the next ones (0: any free ports)
  LOCAL_DIR=.local    folder for secrets, keys and logs
`;

const lastBasePort = 65_530;

/** npm passes Ctrl-C on, which has reached this process already. A person who presses it again takes longer. */
const repeatMs = 500;

async function main(): Promise<void> {
  const options = readOptions();
  const stopped = Promise.withResolvers<undefined>();
  let runs = false;
  let stoppedAt = Number.NEGATIVE_INFINITY;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (performance.now() - stoppedAt < repeatMs) return;
      // Parts that are starting, or slow to end, end by themselves when this process is gone.
      if (!runs) process.exit(128 + constants.signals[signal]);
      runs = false;
      stoppedAt = performance.now();
      stopped.resolve(undefined);
    });
  }
  const startedAt = performance.now();
  const log = join(options.dir, "functions.log");
  const stack = await startStack({ ...options, report: (what) => console.error(`Starting ${what} …`) });
  runs = true;
  console.error(`Ready after ${Math.ceil((performance.now() - startedAt) / 1000)} s.`);
  console.log(describeStack(stack.description, log));
  const broken = await Promise.race([stack.broken, stopped.promise]);
  await stack.close();
  if (broken !== undefined) throw new Error(`${broken} ended unexpectedly. See ${log}.`);
}

/** @throws Error with a sentence for the user */
function readOptions(): StackOptions {
  const { values } = parseArgs({
    options: { fresh: { type: "boolean" }, param: { type: "string", multiple: true }, help: { type: "boolean" } },
  });
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const { PORT = "3000", LOCAL_DIR = ".local" } = process.env;
  const port = Number(PORT);
  if (!(Number.isInteger(port) && port >= 0 && port <= lastBasePort)) {
    throw new Error(`PORT must be a whole number from 0 to ${lastBasePort}, not "${PORT}".`);
  }
  const parameters = Object.fromEntries((values.param ?? []).map(parseParameter));
  return { port, dir: LOCAL_DIR, fresh: values.fresh ?? false, parameters };
}

function parseParameter(text: string): [name: string, value: string] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`--param must be name=value, not "${text}".`);
  return [name, value];
}

/** The text that is printed when the stack runs: all addresses, and a first request to copy. */
function describeStack(stack: StackDescription, log: string): string {
  return `
The API       ${stack.api}/secret/v1/secret/…
Lambda        ${stack.lambda}  (${Object.values(stack.functions).join(", ")})
DynamoDB      ${stack.dynamodb}
KMS           ${stack.kms}
Token issuer  ${stack.issuer}
Reference     ${stack.reference}  (every method described, to try in a browser)
Log           ${log}  (of this start only)

A first secret, to copy:

${firstRequest(stack)}

Ctrl-C stops it.
`;
}

/** Shell commands that get a token, create a secret and read its data. They need only curl and sed. */
function firstRequest({ api, issuer }: StackDescription): string {
  return `TOKEN=$(curl -s ${issuer}/token -d grant_type=client_credentials -d domain_id=domain-1 \\
  --data-urlencode 'scope=secret:read secret:write secret:data' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
SECRET_ID=$(curl -s ${api}/secret/v1/secret/create -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' \\
  -d '{"name": "first-'$(date +%s)-$$'", "secret_type": "CREDENTIALS", "data": {"user": "ada", "password": "s3cr3t"}}' \\
  | sed 's/.*"secret_id":"\\([^"]*\\)".*/\\1/')
curl -s ${api}/secret/v1/secret/get-data -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' -d '{"secret_id": "'$SECRET_ID'"}'; echo`;
}

/** Makes a sentence of an error of the system, which itself hardly explains. */
function toSentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!("syscall" in error && "path" in error)) return error.message;
  return `The stack cannot use ${error.path}: ${reasonOf(error)}.`;
}

main().catch((error: unknown) => {
  console.error(toSentence(error));
  process.exitCode = 1;
});
