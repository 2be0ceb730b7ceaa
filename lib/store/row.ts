/** A row as it comes from the database -> typed values, once. The only place that trusts nothing of a row. */

import { isObject } from "../base/json.ts";
import type { Reader } from "./attributes.ts";

/** Attributes by name, as the SDK's document client takes and gives them. */
export type Item = { readonly [name: string]: unknown };

/** A kind of row: what names one, and how each attribute reads. */
export interface RowKind<Row> {
  readonly name: string;
  readonly key: readonly string[];
  readonly readers: { readonly [Name in keyof Row & string]: Reader<Row[Name]> };
}

/** An attribute is missing or of the wrong kind. The message tells the row's key, nothing else of its content. */
class MalformedRowError extends Error {
  override readonly name = "MalformedRowError";
}

/** @throws MalformedRowError */
export function readRow<Row, Name extends keyof Row & string>(
  { name: kind, key, readers }: RowKind<Row>,
  item: unknown,
  names: readonly Name[],
): Pick<Row, Name> {
  if (!isObject(item)) {
    throw new MalformedRowError(`Malformed ${kind} row: no item.`);
  }
  // Own attributes only: the client builds maps by assignment, so a key `__proto__` has become the prototype.
  const own = Object.getPrototypeOf(item) === Object.prototype ? item : { ...item };
  const row: { [name: string]: unknown } = {};
  for (const name of names) {
    const value = readers[name](own[name]);
    if (value === undefined) {
      const id = key.filter((part) => Object.hasOwn(own, part)).map((part) => `${part} = ${own[part]}`);
      throw new MalformedRowError(`Malformed ${kind} row: attribute ${name} (${id.join(", ")}).`);
    }
    row[name] = value;
  }
  return row as Pick<Row, Name>;
}
