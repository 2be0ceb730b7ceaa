/** The entry point of the program `secret`. */

import { exitCodes } from "./failure.ts";
import { processIo } from "./io.ts";
import { run } from "./program.ts";
import { followProxy } from "./proxy.ts";

const io = processIo();
const complaint = followProxy(io.environment);
if (complaint !== undefined) io.stderr.write(`secret: ${complaint}\n`);
process.once("SIGINT", () => process.exit(exitCodes.interrupted.code));
process.exitCode = await run(process.argv.slice(2), io);
