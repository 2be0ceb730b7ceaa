/** The operators of project that turn one value into another, one function each. `undefined` is a missing value. */

import { isObject } from "../base/json.ts";
import { queryError } from "../query/failure.ts";
import { setMember } from "../query/value.ts";
import type { ConversionName } from "./operator-name.ts";

export const conversions: { readonly [Name in ConversionName]: (value: unknown) => unknown } = {
  size(value) {
    if (!Array.isArray(value)) throw queryError("size applies to arrays only");
    return value.length;
  },

  /** Of the numbers in an array, or of the one number; what is no number counts 0. */
  sum(value) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.reduce<number>((total, item) => total + (typeof item === "number" ? item : 0), 0);
  },

  /** From `{k, v}` or `[k, v]`; of two with one key the later wins. */
  array_to_object(value) {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) throw queryError("array_to_object applies to arrays only");
    const made = {};
    for (const item of value) {
      const [name, member] = toPair(item);
      setMember(made, name, member);
    }
    return made;
  },

  object_to_array(value) {
    if (value === null || value === undefined) return null;
    if (!isObject(value) || value instanceof Date) throw queryError("object_to_array applies to objects only");
    return Object.keys(value).map((name) => ({ k: name, v: value[name] }));
  },
};

export function isConversion(name: string): name is ConversionName {
  return Object.hasOwn(conversions, name);
}

function toPair(item: unknown): readonly [string, unknown] {
  const pair: readonly unknown[] = Array.isArray(item) ? item : toPairOf(item);
  const [name, member] = pair;
  if (pair.length !== 2 || typeof name !== "string") {
    throw queryError("array_to_object takes elements {k, v} or [k, v], where k is a string");
  }
  return [name, member];
}

function toPairOf(item: unknown): readonly unknown[] {
  const isPair =
    isObject(item) && Object.keys(item).length === 2 && Object.hasOwn(item, "k") && Object.hasOwn(item, "v");
  return isPair ? [item["k"], item["v"]] : [];
}
