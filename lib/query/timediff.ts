/** Moments relative to now: `now`, `now-7d`, `now/d - 1w`. The clock is never read here. */

import { isStorable } from "./date.ts";
import { queryError } from "./failure.ts";

/** A base and what is added to it. */
export interface Timediff {
  readonly base: Base;
  readonly offsetMs: number;
}

type Base = keyof typeof bases;

/** Where each base lies, in UTC. */
const bases = {
  now: (now: Date): number => now.getTime(),
  /** Midnight. */
  "now/d": (now: Date): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()),
  /** Midnight of Monday. */
  "now/w": (now: Date): number =>
    Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - ((now.getUTCDay() + 6) % 7)),
  /** Midnight of the 1st. */
  "now/m": (now: Date): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1),
} as const;

const unitMs: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const form = /^\s?(now(?:\/[dwm])?)\s?([+-])\s?(\d+)([smhdw])\s?$/;

/** @returns `undefined` for a text of another form */
export function parseTimediff(text: string): Timediff | undefined {
  const bare = text.trim();
  if (Object.hasOwn(bases, bare)) return { base: bare as Base, offsetMs: 0 };
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, base, sign, count, unit = ""] = match;
  // The pattern admits the names of the two tables only.
  return { base: base as Base, offsetMs: Number(`${sign}${count}`) * (unitMs[unit] ?? Number.NaN) };
}

/** @throws ERROR_DB_QUERY for a moment outside the years 1 to 9999 */
export function toMoment(timediff: Timediff, now: Date): Date {
  const moment = new Date(bases[timediff.base](now) + timediff.offsetMs);
  if (!isStorable(moment)) throw queryError("a timediff value lies outside the years 1 to 9999");
  return moment;
}
