/** Runs a command-line tool of this folder. */

const failed = 2;

/** An invalid command line. The usage is printed with the message. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Passes a signal that fires at Ctrl-C or SIGTERM. The exit code is the result of `run`, or 2 if it throws. `--help`
 * prints the usage.
 */
export async function runTool(usage: string, run: (signal: AbortSignal) => Promise<number>): Promise<void> {
  if (process.argv.includes("--help")) {
    process.stdout.write(usage);
    return;
  }
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(new Error("Interrupted.")));
  try {
    process.exitCode = await run(stop.signal);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n${isUsageError(error) ? `\n${usage}` : ""}`);
    process.exitCode = failed;
  }
}

/** The messages of the error and its causes, because operators need to know what AWS answered. */
function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let next = error; next instanceof Error; next = next.cause) messages.push(toSentence(next));
  return messages.join("\n  because: ") || String(error);
}

function toSentence(error: Error): string {
  // AWS's clients do not say where to set the region, and Node's parser of options adds two lines of advice.
  if (error.message === "Region is missing") return "The AWS region is missing: set AWS_REGION.";
  return (isUsageError(error) ? error.message.split(". ")[0] : error.message) || error.name;
}

function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || String(Reflect.get(Object(error), "code")).startsWith("ERR_PARSE_ARGS");
}
