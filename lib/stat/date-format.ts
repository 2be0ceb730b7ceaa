/** Dates as group keys: a number, or a string in a format of MongoDB's $dateToString. Always UTC. */

import { assertWithin, queryError, quote } from "../query/bounds.ts";

/** Returns null for null and undefined. @throws ERROR_DB_QUERY for any other value that is not a Date */
export type DateFormat = (value: unknown) => string | number | null;

type Part = (date: Date) => string | number;

/** Formats that give a number. Any other word is literal text. */
const words = {
  year: (date: Date): number => date.getUTCFullYear(),
  month: (date: Date): number => date.getUTCMonth() + 1,
  day: (date: Date): number => date.getUTCDate(),
} as const;

const conversions = {
  Y: (date: Date): string => pad(date.getUTCFullYear(), 4),
  m: (date: Date): string => pad(date.getUTCMonth() + 1, 2),
  d: (date: Date): string => pad(date.getUTCDate(), 2),
  H: (date: Date): string => pad(date.getUTCHours(), 2),
  M: (date: Date): string => pad(date.getUTCMinutes(), 2),
  S: (date: Date): string => pad(date.getUTCSeconds(), 2),
  L: (date: Date): string => pad(date.getUTCMilliseconds(), 3),
  j: (date: Date): string => pad(dayOfYear(date), 3),
  /** 1 is Sunday. */
  w: (date: Date): number => date.getUTCDay() + 1,
  /** 1 is Monday. */
  u: (date: Date): number => isoWeekday(date),
  /** Weeks begin on Sunday; the days before the first Sunday are week 0. */
  U: (date: Date): string => pad(Math.floor((dayOfYear(date) + 6 - date.getUTCDay()) / 7), 2),
  V: (date: Date): string => pad(Math.ceil(dayOfYear(thursdayOf(date)) / 7), 2),
  G: (date: Date): string => pad(thursdayOf(date).getUTCFullYear(), 4),
  z: (): string => "+0000",
  Z: (): string => "+0",
  "%": (): string => "%",
} as const;

/** @throws ERROR_DB_QUERY for an unknown conversion */
export function compileDateFormat(format: string): DateFormat {
  assertWithin("nameLength", format.length);
  const convert = Object.hasOwn(words, format) ? words[format as keyof typeof words] : compileConversions(format);
  return (value) => {
    if (value === null || value === undefined) return null;
    if (!(value instanceof Date)) throw queryError("date_format applies to dates only");
    return convert(value);
  };
}

function compileConversions(format: string): Part {
  const parts = [...format.matchAll(/%(.?)|[^%]+/gsu)].map(([text, letter]): Part => {
    if (letter === undefined) return () => text;
    if (!Object.hasOwn(conversions, letter)) throw queryError(`unknown date format ${quote(text)}`);
    return conversions[letter as keyof typeof conversions];
  });
  return (date) => parts.map((part) => part(date)).join("");
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

const dayMs = 86_400_000;

/** 1 is 1 January. */
function dayOfYear(date: Date): number {
  const start = new Date(date);
  start.setUTCMonth(0, 1);
  return Math.round((date.getTime() - start.getTime()) / dayMs) + 1;
}

function isoWeekday(date: Date): number {
  return date.getUTCDay() || 7;
}

/** In ISO 8601 a week belongs to the year of its Thursday. */
function thursdayOf(date: Date): Date {
  return new Date(date.getTime() + (4 - isoWeekday(date)) * dayMs);
}
