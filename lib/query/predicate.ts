/** What a condition asks of the values at its path. Plain data, without the operators that the caller wrote. */

import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Timediff } from "./timediff.ts";
import type { Relation } from "./value.ts";

/** Must hold of some value at the path. On a date field, dates are texts of the form that rows have. */
export type Predicate =
  /** Equal to one of them; `null` equals a missing value too. Without any, it holds of nothing. */
  | { readonly kind: "equal"; readonly values: readonly JsonValue[] }
  /** Of the same type, and so related. */
  | { readonly kind: "order"; readonly relation: Relation; readonly value: JsonValue }
  /** The same on a date field, relative to now. */
  | { readonly kind: "moment"; readonly relation: Relation; readonly moment: Timediff }
  /** A string that contains one of them, in any case. */
  | { readonly kind: "text"; readonly words: readonly string[] }
  /** A string in which one of them is found, in any case. */
  | { readonly kind: "pattern"; readonly patterns: readonly string[] }
  | { readonly kind: "exists" }
  /** An array with an element that has these members; their names are keys, dots and all. */
  | { readonly kind: "element"; readonly members: JsonObject };

/** What holds of no value. */
export const nothing: Predicate = { kind: "equal", values: [] };
