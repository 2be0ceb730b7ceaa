/** The operators of a filter, one row each. */

import type { JsonValue } from "../base/json.ts";
import {
  type Site,
  toDateOrder,
  toElement,
  toEqual,
  toExists,
  toMomentOrder,
  toOrder,
  toPattern,
  toText,
} from "./operand.ts";
import type { OperatorName } from "./operator-name.ts";
import type { Predicate } from "./predicate.ts";

interface Operator {
  /** The kind of value it takes. */
  readonly operand: "scalar" | "list" | "boolean" | "object";
  /** Whether it holds where its predicate does not: of null, missing and other types too. */
  readonly negated: boolean;
  /** Whether an unknown key is an error. */
  readonly resolvesKey: boolean;
  readonly read: (value: JsonValue, site: Site) => Predicate;
}

const usual = { operand: "scalar", negated: false, resolvesKey: true } as const;
const negated = { ...usual, negated: true } as const;
const list = { ...usual, operand: "list" } as const;
const negatedList = { ...list, negated: true } as const;

export const operators: { readonly [Name in OperatorName]: Operator } = {
  eq: { ...usual, read: toEqual },
  not: { ...negated, read: toEqual },
  in: { ...list, read: toEqual },
  not_in: { ...negatedList, read: toEqual },
  lt: { ...usual, read: toOrder("lt") },
  lte: { ...usual, read: toOrder("lte") },
  gt: { ...usual, read: toOrder("gt") },
  gte: { ...usual, read: toOrder("gte") },
  contain: { ...usual, read: toText },
  not_contain: { ...negated, read: toText },
  contain_in: { ...list, read: toText },
  not_contain_in: { ...negatedList, read: toText },
  exists: { ...usual, operand: "boolean", read: toExists },
  match: { ...usual, operand: "object", read: toElement },
  regex: { ...usual, resolvesKey: false, read: toPattern },
  regex_in: { ...list, resolvesKey: false, read: toPattern },
  datetime_lt: { ...usual, read: toDateOrder("lt") },
  datetime_lte: { ...usual, read: toDateOrder("lte") },
  datetime_gt: { ...usual, read: toDateOrder("gt") },
  datetime_gte: { ...usual, read: toDateOrder("gte") },
  timediff_lt: { ...usual, read: toMomentOrder("lt") },
  timediff_lte: { ...usual, read: toMomentOrder("lte") },
  timediff_gt: { ...usual, read: toMomentOrder("gt") },
  timediff_gte: { ...usual, read: toMomentOrder("gte") },
};

export function isOperator(name: string): name is OperatorName {
  return Object.hasOwn(operators, name);
}
