/** The checked query as plain data, which filter.ts compiles and plan.ts plans. */

import { SecretError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { assertWithin, queryError, quote } from "./bounds.ts";
import type { OperatorName } from "./operator-name.ts";
import { isOperator, operators, type Predicate } from "./operators.ts";
import { findPath, getPath, type Path } from "./path.ts";
import { foldCase } from "./value.ts";

export interface Condition {
  /** `null` if the key names no field, which only patterns allow: no row has a value there. */
  readonly path: Path | null;
  readonly operator: OperatorName;
  /** Whether the condition holds if the predicate does not. */
  readonly negated: boolean;
  readonly predicate: Predicate;
}

/**
 * Selects rows: all of `filter` must hold; one of `filterOr`, if there are any; one of `keywords`, if there are any.
 */
export interface FilterQuery {
  readonly filter: readonly Condition[];
  readonly filterOr: readonly Condition[];
  /** Words in folded case. */
  readonly keywords: readonly string[];
}

export interface SortKey {
  readonly key: string;
  readonly descending: boolean;
}

/** Skips `skip` rows, then takes `limit` rows. */
export interface Page {
  readonly skip: number;
  readonly limit: number;
}

/** A checked query of list. */
export interface Query extends FilterQuery {
  /** By name, if the request has no order. Unknown keys are left out. */
  readonly sort: readonly SortKey[];
  /** `null`: all rows. */
  readonly page: Page | null;
  readonly minimal: boolean;
  readonly countOnly: boolean;
  /** `null`: whole secrets. */
  readonly only: readonly Path[] | null;
}

/** A condition as sent; a missing value is `null`. */
export interface SentCondition {
  readonly key: string | undefined;
  readonly operator: string | undefined;
  readonly value: JsonValue;
}

/** The checks of each kind of operand. The first that does not accept the value decides the error. */
const operandChecks = {
  scalar: [{ code: "ERROR_OPERATOR_VALUE_TYPE", accepts: isNoList }],
  list: [{ code: "ERROR_OPERATOR_LIST_VALUE_TYPE", accepts: Array.isArray }],
  boolean: [
    { code: "ERROR_OPERATOR_VALUE_TYPE", accepts: isNoList },
    { code: "ERROR_OPERATOR_BOOLEAN_TYPE", accepts: (value: JsonValue): boolean => typeof value === "boolean" },
  ],
  object: [
    { code: "ERROR_OPERATOR_VALUE_TYPE", accepts: isNoList },
    {
      code: "ERROR_OPERATOR_DICT_VALUE_TYPE",
      accepts: (value: JsonValue): boolean => typeof value === "object" && value !== null,
    },
  ],
} as const;

function isNoList(value: JsonValue): boolean {
  return !Array.isArray(value);
}

/**
 * Checks a condition in this order: the operator, the kind of the value, the key, the value.
 * @throws ERROR_DB_QUERY, ERROR_OPERATOR_VALUE_TYPE, ERROR_OPERATOR_LIST_VALUE_TYPE, ERROR_OPERATOR_DICT_VALUE_TYPE,
 *   ERROR_OPERATOR_BOOLEAN_TYPE
 */
export function toCondition({ key = "", operator = "", value }: SentCondition): Condition {
  if (operator === "") throw queryError("a condition requires an operator");
  if (!isOperator(operator)) throw queryError(`unknown operator ${quote(operator)}`);
  const { operand, negated, resolvesKey, read } = operators[operator];
  const mistake = operandChecks[operand].find(({ accepts }) => !accepts(value));
  if (mistake !== undefined) throw new SecretError(mistake.code, { operator, key: quote(key) });
  if (key === "") throw queryError(`a condition requires a key (operator = ${operator})`);
  const path = resolvesKey ? getPath(key) : (findPath(key) ?? null);
  const predicate = read(value, { key, operator, path });
  return { path, operator, negated: operand === "boolean" ? value === false : negated, predicate };
}

/** The condition that a field has one of these values. */
function fieldIn(field: string, values: readonly string[]): Condition {
  return { path: getPath(field), operator: "in", negated: false, predicate: { kind: "equal", values } };
}

/** @throws ERROR_DB_QUERY for a keyword that is too long, and for too many words or patterns altogether */
export function toFilterQuery(
  filter: readonly Condition[],
  filterOr: readonly Condition[],
  keyword: string,
): FilterQuery {
  assertWithin("textLength", keyword.length);
  const keywords = foldCase(keyword)
    .split(" ")
    .filter((word) => word !== "");
  const query = { filter, filterOr, keywords };
  assertWithin("words", keywords.length + wordsOf(query).length);
  assertWithin("patterns", patternsOf(query).length);
  return query;
}

/** Narrows a query: each field must have one of its values (`null`: any), whatever the query itself says. */
export function bindQuery<Bound extends FilterQuery>(
  query: Bound,
  fields: { readonly [field: string]: readonly string[] | null },
): Bound {
  const binding = Object.entries(fields).flatMap(([field, values]) =>
    values === null ? [] : [fieldIn(field, values)],
  );
  return { ...query, filter: [...binding, ...query.filter] };
}

/** The patterns of all conditions. */
export function patternsOf({ filter, filterOr }: FilterQuery): readonly string[] {
  return [...filter, ...filterOr].flatMap(({ predicate }) => (predicate.kind === "pattern" ? predicate.patterns : []));
}

function wordsOf({ filter, filterOr }: FilterQuery): readonly string[] {
  return [...filter, ...filterOr].flatMap(({ predicate }) => (predicate.kind === "text" ? predicate.words : []));
}
