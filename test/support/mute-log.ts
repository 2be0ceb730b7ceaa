/** Hides the log lines of functions in this process. */

/** @returns a function that undoes it */
export function muteLog(): () => void {
  const write = process.stdout.write;
  process.stdout.write = ((...args: Parameters<typeof write>) =>
    String(args[0]).startsWith('{"level":') || write.apply(process.stdout, args)) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}
