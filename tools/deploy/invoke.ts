/** `npm run invoke -- list`: invokes a function with a sample event of events/, on the rows of the running local stack. */

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const project = join(import.meta.dirname, "../..");
const events = readdirSync(join(project, "events"))
  .map((name) => name.replace(/\.json$/, ""))
  .sort();

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
} else {
  const fault = event === "" ? "An event is missing" : `There is no event "${event}"`;
  process.stderr.write(`${fault}: npm run invoke -- ${events.join(" | ")}\n`);
  process.exitCode = 1;
}
