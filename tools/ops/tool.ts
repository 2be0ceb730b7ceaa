/** How a command-line tool of this folder runs and ends. */

const failed = 2;

/**
 * Runs it with a signal that fires at Ctrl-C or SIGTERM. The exit code is what `run` returns, 2 when it throws.
 * `--help` shows the usage.
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

/** The message, and those of what lies behind it: operators need to know what AWS said. */
function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let next = error; next instanceof Error; next = next.cause) messages.push(next.message || next.name);
  return messages.join("\n  because: ") || String(error);
}
