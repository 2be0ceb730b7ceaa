/** `npm run invoke -- list`: invokes a function with a sample event of events/, on the rows of the running local stack. */

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const project = join(import.meta.dirname, "../..");
const events = readdirSync(join(project, "events"))
  .map((name) => name.replace(/\.json$/, ""))
  .sort();

const usage = `npm run invoke -- EVENT [options of serverless invoke local]

Invokes a function with a sample event, on the data of the running local stack (npm start). The answer goes to standard
output, and the function's log to standard error.

Events: ${events.join(", ")}
`;

const [event = "", ...options] = process.argv.slice(2);
if (events.includes(event)) {
  const [route = ""] = event.split(".");
  const invocation = ["invoke", "local", "--stage", "local", "--function", route, "--path", `events/${event}.json`];
  const serverless = join(project, "node_modules/serverless/bin/serverless.js");
  const { status } = spawnSync(process.execPath, [serverless, ...invocation, ...options], {
    cwd: project,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} else if (event === "--help") {
  process.stdout.write(usage);
} else {
  process.stderr.write(`${event === "" ? "An event is missing." : `There is no event "${event}".`}\n\n${usage}`);
  process.exitCode = 1;
}
