/** Parses dates of a caller: ISO 8601 (UTC without a zone), or relative to now, which is an argument. */

import { queryError } from "./bounds.ts";

interface ParsedDate {
  readonly date: Date;
  /** It names a day, not only a year, a month or a week. */
  readonly isWhole: boolean;
}

const partial = /^(\d{4})(?:-(\d\d)|-?W(\d\d))?$/;
const timeOfDay = /^(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(?:[.,](\d+))?)?)?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

/** The ways to write a day. Any one separator and a time of day may follow. */
const days: readonly { readonly pattern: RegExp; readonly toDay: (...numbers: number[]) => Date | undefined }[] = [
  { pattern: /^(\d{4})(-?)(\d\d)\2(\d\d)(?:[ -/:-~](.+))?$/, toDay: toCalendarDay },
  { pattern: /^(\d{4})(-?)W(\d\d)\2(\d)(?:[ -/:-~](.+))?$/, toDay: toWeekDay },
  {
    pattern: /^(\d{4})(-?)(\d)(\d\d)(?:[ -/:-~](.+))?$/,
    toDay: (year = 0, a = 0, b = 0) => toOrdinalDay(year, a * 100 + b),
  },
];

/**
 * Reads `2023-01-02`, `20230102`, `2023-W01-1`, `2023-002`, each with a time such as `T09:30`, `T093015`,
 * `T09:30:15.123456+09:00`, and the partial `2023`, `2023-01`, `2023-W01` (their first moment).
 * @returns `undefined` for anything else, and for dates outside the years 1 to 9999
 */
export function parseDate(text: string): ParsedDate | undefined {
  const date = toPartial(text) ?? toWhole(text);
  if (date === undefined || !isStorable(date)) return undefined;
  return { date, isWhole: !partial.test(text) };
}

/** Whether four digits can hold the year: dates in rows are strings of one length, which sort by time. */
function isStorable(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

function toPartial(text: string): Date | undefined {
  const match = partial.exec(text);
  if (match === null) return undefined;
  const [, year, month = "1", week] = match;
  return week === undefined ? toCalendarDay(Number(year), Number(month), 1) : toWeekDay(Number(year), Number(week), 1);
}

function toWhole(text: string): Date | undefined {
  for (const { pattern, toDay } of days) {
    const match = pattern.exec(text);
    if (match !== null) {
      const [, year, , second, third, time = "00"] = match;
      const day = toDay(Number(year), Number(second), Number(third));
      const ms = toMs(time);
      return day === undefined || ms === undefined ? undefined : new Date(day.getTime() + ms);
    }
  }
  return undefined;
}

function toCalendarDay(year = 0, month = 0, day = 0): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? date : undefined;
}

function toOrdinalDay(year: number, day: number): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, 0, day);
  return date.getUTCFullYear() === year ? date : undefined;
}

/** ISO 8601: week 1 is the week of 4 January. */
function toWeekDay(year = 0, week = 0, day = 0): Date | undefined {
  if (week < 1 || week > 53 || day < 1 || day > 7) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, 0, 4);
  date.setUTCDate(4 - ((date.getUTCDay() + 6) % 7) + (week - 1) * 7 + day - 1);
  return date;
}

/** Milliseconds since the day's midnight in UTC. Digits below a millisecond are dropped. */
function toMs(text: string): number | undefined {
  const match = timeOfDay.exec(text);
  if (match === null) return undefined;
  const [, hours, , minutes = "0", seconds = "0", fraction = "", zone = "Z"] = match;
  const offset = toOffsetMinutes(zone);
  const ms =
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(`${fraction}000`.slice(0, 3));
  const isReal = Number(minutes) < 60 && Number(seconds) < 60 && ms <= 24 * 3_600_000;
  return isReal && offset !== undefined ? ms - offset * 60_000 : undefined;
}

function toOffsetMinutes(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", ""));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** A date relative to now: a base plus an offset. */
export interface RelativeDate {
  readonly base: Base;
  readonly offsetMs: number;
}

type Base = keyof typeof bases;

/** The moment of each base, in UTC. */
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

/**
 * Reads `now`, `now-7d`, `now/d - 1w`.
 * @returns `undefined` for a string of another form
 */
export function parseRelativeDate(text: string): RelativeDate | undefined {
  const bare = text.trim();
  if (Object.hasOwn(bases, bare)) return { base: bare as Base, offsetMs: 0 };
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, base, sign, count, unit = ""] = match;
  // The pattern admits only names of the two tables.
  return { base: base as Base, offsetMs: Number(`${sign}${count}`) * (unitMs[unit] ?? Number.NaN) };
}

/** @throws ERROR_DB_QUERY for a date outside the years 1 to 9999 */
export function resolveDate({ base, offsetMs }: RelativeDate, now: Date): Date {
  const date = new Date(bases[base](now) + offsetMs);
  if (!isStorable(date)) throw queryError("a timediff value lies outside the years 1 to 9999");
  return date;
}
