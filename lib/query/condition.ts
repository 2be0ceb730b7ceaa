/** One condition of a filter: what the caller sent, and what it means once it was checked. */

import { SecretError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { queryError, quote } from "./bounds.ts";
import type { OperatorName } from "./operator-name.ts";
import type { Predicate } from "./operators.ts";
import { isOperator, operators } from "./operators.ts";
import { findPath, getPath, type Path } from "./path.ts";

/** A condition as it was sent; a missing value is `null`. */
export interface ConditionInput {
  readonly key: string | undefined;
  readonly operator: string | undefined;
  readonly value: JsonValue;
}

/** A checked condition. Plain data: what can be pushed down to the database is told from it. */
export interface Condition {
  /** `null` where the key names no field, which only patterns allow: no row has a value there. */
  readonly path: Path | null;
  readonly operator: OperatorName;
  /** Whether the condition holds where the predicate does not. */
  readonly negated: boolean;
  readonly predicate: Predicate;
}

/** The kinds of operand. The first that does not accept a value gives the error. */
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
 * Checks a condition: its operator, the kind of its value, its key, the value, in this order.
 * @throws ERROR_DB_QUERY, ERROR_OPERATOR_VALUE_TYPE, ERROR_OPERATOR_LIST_VALUE_TYPE, ERROR_OPERATOR_DICT_VALUE_TYPE,
 *   ERROR_OPERATOR_BOOLEAN_TYPE
 */
export function toCondition({ key = "", operator = "", value }: ConditionInput): Condition {
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
export function fieldIn(field: string, values: readonly string[]): Condition {
  return { path: getPath(field), operator: "in", negated: false, predicate: { kind: "equal", values } };
}
