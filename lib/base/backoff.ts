/** Waiting before a repeat: exponential with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"). */

import { setTimeout } from "node:timers/promises";
import type { CallOptions } from "./call.ts";

/** How often a request is sent at most before it is given up; with the waits below about a second in all. */
export const maxAttempts = 8;

const baseMs = 20;
const capMs = 500;

/** Waits between attempt `attempt` (from 1) and the next; throws the signal's reason as soon as it fires. */
export async function backOff(attempt: number, { signal }: CallOptions): Promise<void> {
  const delayMs = Math.random() * Math.min(capMs, baseMs * 2 ** attempt);
  try {
    await setTimeout(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
