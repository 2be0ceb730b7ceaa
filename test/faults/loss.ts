/** Checks that a write with a fault has happened wholly or not at all, and that a repeat completes it. */

import type { Functions, Outcome } from "../support/functions.ts";
import { observe, type State } from "./scenarios.ts";

interface FaultyWrite {
  readonly domain: string;
  /** The domain's state before the write. */
  readonly before: State;
  /** The domain's state after a successful write. */
  readonly after: State;
  /** The answer's status. */
  readonly status: number;
  /** Sends the same message again, without faults. */
  readonly repeat: () => Promise<Outcome>;
}

/** What was lost, as text. */
export async function findLoss(
  functions: Functions,
  { domain, before, after, status, repeat }: FaultyWrite,
): Promise<string | undefined> {
  const found = await observe(functions, domain);
  const isDone = isSame(found, after);
  if (!isDone && !isSame(found, before)) return `left ${JSON.stringify(found)}`;
  if (!isDone && status === 200) return "lost an acknowledged write";
  const repeated = await repeat();
  const isRight = repeated.kind === "answer" && (repeated.status === 200 || (isDone && repeated.status === 404));
  if (!isRight) return `answered a repeat ${JSON.stringify(repeated)}`;
  const last = await observe(functions, domain);
  return isSame(last, after) ? undefined : `left after a repeat ${JSON.stringify(last)}`;
}

function isSame(one: State, other: State): boolean {
  const sorted = (state: State) => Object.entries(state).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}
