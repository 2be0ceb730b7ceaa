/** Asks for something every now and then, and tells of changes. */

import { setTimeout } from "node:timers/promises";
import type { SecretVersion } from "./cached-secret.ts";

export interface WatchOptions {
  /**
   * Is told of data that is another than the last, or than the cache held when watching began. Where it throws, it is
   * told again the next time.
   */
  readonly onChange: (current: SecretVersion) => unknown;
  /** Is told what a check, or `onChange`, threw. Watching goes on. */
  readonly onError: (error: unknown) => void;
  /** Between two checks, give or take a tenth, so that many processes spread theirs. Default 60 s. */
  readonly intervalMs?: number;
  /** Ends the watching. */
  readonly signal?: AbortSignal;
}

interface Watched {
  readonly known: SecretVersion | undefined;
  readonly refresh: (signal: AbortSignal) => Promise<SecretVersion>;
}

/** Until it is disposed of, or a signal ends it. No timer of it keeps a process alive. */
export function watch(watched: Watched, options: WatchOptions, disposed: AbortSignal): Disposable {
  const stopped = new AbortController();
  const signals = [disposed, stopped.signal, options.signal].filter((signal) => signal !== undefined);
  void poll(watched, options, AbortSignal.any(signals));
  return { [Symbol.dispose]: () => stopped.abort() };
}

async function poll({ known, refresh }: Watched, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { onChange, onError, intervalMs = 60_000 } = options;
  let etag = known?.etag;
  while (!signal.aborted) {
    try {
      await setTimeout(intervalMs * (0.9 + 0.2 * Math.random()), undefined, { ref: false, signal });
      const current = await refresh(signal);
      if (current.etag !== etag) await onChange(current);
      etag = current.etag;
    } catch (error) {
      // The end of watching is no error.
      if (!signal.aborted) onError(error);
    }
  }
}
