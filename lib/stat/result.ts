/** Values as the answer shows them: dates as texts. */

import { isObject } from "../base/json.ts";
import { setMember } from "../query/value.ts";

/** The same value with every date in it as `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export function toResult(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toResult);
  if (!isObject(value)) return value;
  const result: { [name: string]: unknown } = {};
  for (const name of Object.keys(value)) setMember(result, name, toResult(value[name]));
  return result;
}
