/** The command line `secret`: runs one command, and says in one line what went wrong. */

import { describeFailure, exitCodes, toFailure } from "./failure.ts";
import { endQuietlyWithReader, showProgress } from "./output.ts";
import { buildProgram } from "./program.ts";

/** Nothing to tell of. */
const quiet: ReadonlySet<number> = new Set([exitCodes.ok.code, exitCodes.interrupted.code]);

/** Also where the command line is too wrong to be parsed. */
function isJsonWanted(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end).includes("--json");
}

endQuietlyWithReader();
process.once("SIGINT", () => process.exit(exitCodes.interrupted.code));

const args = process.argv.slice(2);
try {
  await buildProgram().parseAsync(args, { from: "user" });
} catch (error) {
  showProgress("");
  const failure = toFailure(error);
  if (!quiet.has(failure.exitCode)) process.stderr.write(describeFailure(failure, isJsonWanted(args)));
  process.exitCode = failure.exitCode;
}
