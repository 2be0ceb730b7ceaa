/** Runs a command-line tool of this folder. */

const failed = 2;

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
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = failed;
  }
}

/** The messages of the error and its causes, because operators need to know what AWS answered. */
function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let next = error; next instanceof Error; next = next.cause) messages.push(next.message || next.name);
  return messages.join("\n  because: ") || String(error);
}
