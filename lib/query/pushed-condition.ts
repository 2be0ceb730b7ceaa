/** Conditions on rows that the database itself evaluates, and what they mean there. Neutral: no DynamoDB syntax. */

import type { SecretField } from "../secret/secret.ts";

/** A field; with more segments a key below `tags`: `["tags", "env", "name"]`. A segment is no array index. */
export type AttributePath<Field extends SecretField = SecretField> = readonly [Field, ...string[]];

/** What a condition may look at. The rows' keys are not among it; nor, within an index, are its field and `name`. */
export type ConditionPath = AttributePath<Exclude<SecretField, "domain_id" | "secret_id">>;

export type Scalar = string | number | boolean | null;

type OneOrMore<Value> = readonly [Value, ...Value[]];

/**
 * Two-valued: what is not true is false, and `not` turns it around. Where a path leads nowhere (an unset field, a missing
 * key, a key below a scalar or an array) every kind but `not` is false. Nothing converts: a value of another type
 * is unequal, and neither less nor greater. Arrays are looked into by `contains` alone.
 */
export type PushedCondition =
  | { readonly kind: "and" | "or"; readonly conditions: OneOrMore<PushedCondition> }
  | { readonly kind: "not"; readonly condition: PushedCondition }
  /** There is a value, be it `null`. */
  | { readonly kind: "exists"; readonly path: ConditionPath }
  /** There is a value of this type. */
  | { readonly kind: "type"; readonly path: ConditionPath; readonly type: ValueType }
  /**
   * The same type and value. Numbers compare as decimals: one with more digits than a double needs, which only outside
   * tools write, equals no double.
   */
  | { readonly kind: "equal"; readonly path: ConditionPath; readonly value: Scalar }
  /** Equal to any one of the values. */
  | { readonly kind: "in"; readonly path: ConditionPath; readonly values: OneOrMore<Scalar> }
  /** Strings in the order of their code points, numbers of their (decimal) values. */
  | { readonly kind: "order"; readonly path: ConditionPath; readonly operator: Order; readonly value: string | number }
  /** A string with this string in it, case counting; or an array with an element equal to this value. */
  | { readonly kind: "contains"; readonly path: ConditionPath; readonly value: Scalar };

export type Order = "lt" | "lte" | "gt" | "gte";
export type ValueType = "string" | "number" | "boolean" | "null" | "list" | "map";

/**
 * What a request can carry: the text of a filter is limited to 4 KB (a value takes up to 6 bytes of it, a segment 7, a
 * node 27), an `in` to 100 values, a path to 32 levels.
 */
const limits = { nodes: 60, values: 100, segments: 200, pathSegments: 32 } as const;

/** Whether the database takes the condition: small enough, with values and keys that can be stored. */
export function isPushable(condition: PushedCondition): boolean {
  const nodes = [...nodesOf(condition)];
  const paths = nodes.map(pathOf);
  const values = nodes.flatMap(valuesOf);
  const segments = paths.flat();
  return (
    nodes.length <= limits.nodes &&
    values.length <= limits.values &&
    segments.length <= limits.segments &&
    paths.every((path) => path.length <= limits.pathSegments) &&
    segments.every((segment) => segment !== "" && segment.isWellFormed()) &&
    values.every(isStorable)
  );
}

function* nodesOf(condition: PushedCondition): Generator<PushedCondition> {
  yield condition;
  const children =
    "conditions" in condition ? condition.conditions : condition.kind === "not" ? [condition.condition] : [];
  for (const child of children) {
    yield* nodesOf(child);
  }
}

function pathOf(condition: PushedCondition): readonly string[] {
  return "path" in condition ? condition.path : [];
}

function valuesOf(condition: PushedCondition): readonly Scalar[] {
  return "values" in condition ? condition.values : "value" in condition ? [condition.value] : [];
}

/** DynamoDB's numbers are 0 or of a magnitude from 1e-130 to below 1e126; half a surrogate pair is no text. */
function isStorable(value: Scalar): boolean {
  if (typeof value === "number") {
    const magnitude = Math.abs(value);
    return magnitude === 0 || (magnitude >= 1e-130 && magnitude < 1e126);
  }
  return typeof value !== "string" || value.isWellFormed();
}
