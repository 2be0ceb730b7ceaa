/** Records everything that the process writes, in whatever way. */

import { format } from "node:util";

const methods = ["log", "info", "warn", "error", "debug"] as const;

export interface Recording {
  /** What was written so far. */
  readonly text: string;
  stop(): void;
}

/** Hides the output until it is stopped. `onWrite` gets each piece. */
export function record(onWrite: (piece: string) => void = () => undefined): Recording {
  const { stdout, stderr } = process;
  const saved = { out: stdout.write, error: stderr.write, console: { ...console } };
  let text = "";
  const take = (piece: string | Uint8Array): true => {
    const decoded = typeof piece === "string" ? piece : Buffer.from(piece).toString();
    text += decoded;
    onWrite(decoded);
    return true;
  };
  const takeWarning = (warning: Error) => take(`${warning.stack}\n`);
  stdout.write = take;
  stderr.write = take;
  for (const method of methods) console[method] = (...values: unknown[]) => take(`${format(...values)}\n`);
  process.on("warning", takeWarning);
  return {
    get text() {
      return text;
    },
    stop() {
      stdout.write = saved.out;
      stderr.write = saved.error;
      Object.assign(console, saved.console);
      process.off("warning", takeWarning);
    },
  };
}
