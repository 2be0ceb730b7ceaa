/** The command line `secret`, as a process. */

import { exitCodes } from "./failure.ts";
import { processIo } from "./io.ts";
import { run } from "./program.ts";

process.once("SIGINT", () => process.exit(exitCodes.interrupted.code));
process.exitCode = await run(process.argv.slice(2), processIo());
