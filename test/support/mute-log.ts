/** Keeps the lines that functions write from the terminal. */

/** Tells how to undo it. */
export function muteLog(): () => void {
  const write = process.stdout.write;
  process.stdout.write = ((...args: Parameters<typeof write>) =>
    String(args[0]).startsWith('{"level":') || write.apply(process.stdout, args)) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}
