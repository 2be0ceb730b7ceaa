/**
 * Finds the conditions that DynamoDB can evaluate with exactly the meaning of the query language. They are described
 * without DynamoDB's syntax. Pure.
 */

import { isStorableNumber, type SecretField } from "../secret/secret.ts";
import { resolveDate } from "./date.ts";
import type { Comparison } from "./operator-name.ts";
import type { Predicate } from "./operators.ts";
import type { Path } from "./path.ts";
import type { Condition } from "./query.ts";

/** A field, or a key below `tags`: `["tags", "env", "name"]`. No segment is an array index. */
export type AttributePath<Field extends SecretField = SecretField> = readonly [Field, ...string[]];

/** A path that a condition may name. The table's keys are excluded; for an index so are its field and `name`. */
export type ConditionPath = AttributePath<Exclude<SecretField, "domain_id" | "secret_id">>;

export type Scalar = string | number | boolean | null;

type OneOrMore<Value> = readonly [Value, ...Value[]];

/**
 * A condition is true or false, and `not` inverts it. If a path leads nowhere (an unset field, a missing key, a key
 * below a scalar or an array), every kind but `not` is false. Values are not converted: a value of another type is
 * unequal, and neither less nor greater. Only `contains` looks into arrays.
 */
export type PushedCondition =
  | { readonly kind: "and" | "or"; readonly conditions: OneOrMore<PushedCondition> }
  | { readonly kind: "not"; readonly condition: PushedCondition }
  /** The attribute exists; its value may be `null`. */
  | { readonly kind: "exists"; readonly path: ConditionPath }
  /** The attribute exists, with a value of this type. */
  | { readonly kind: "type"; readonly path: ConditionPath; readonly type: "null" | "list" }
  /**
   * Equals one of these in type and value. Numbers compare as decimals: a number with more digits than a double has,
   * which only other tools write, equals no double.
   */
  | { readonly kind: "in"; readonly path: ConditionPath; readonly values: OneOrMore<Scalar> }
  /** Strings compare by code point, numbers by decimal value. */
  | {
      readonly kind: "order";
      readonly path: ConditionPath;
      readonly operator: Comparison;
      readonly value: string | number;
    }
  /** A string that contains this string, case-sensitively; or an array with an element equal to this value. */
  | { readonly kind: "contains"; readonly path: ConditionPath; readonly value: Scalar };

/** The table's keys, which a filter expression must not name. */
const keys: ReadonlySet<string> = new Set(["domain_id", "secret_id"]);

/**
 * The condition for DynamoDB; `undefined` if its meaning would differ there. Case-insensitive search, patterns, and
 * paths that may lead through arrays are evaluated in the function.
 */
function pushDown(condition: Condition, now: Date): PushedCondition | undefined {
  const path = toConditionPath(condition.path);
  if (path === undefined) return undefined;
  const pushed = path.length === 1 ? pushField(path, condition.predicate, now) : pushTag(path, condition.predicate);
  return pushed !== undefined && condition.negated ? { kind: "not", condition: pushed } : pushed;
}

/** A condition that is true if any of these is; `undefined` unless all of them can be pushed down. */
export function pushDownAny(conditions: readonly Condition[], now: Date): PushedCondition | undefined {
  const pushed = conditions.flatMap((condition) => pushDown(condition, now) ?? []);
  const [first, ...others] = pushed;
  if (first === undefined || pushed.length < conditions.length) return undefined;
  return { kind: "or", conditions: [first, ...others] };
}

/** A field, or a key right below `tags`. Deeper there may be a list, in which DynamoDB finds nothing under a name. */
function toConditionPath(path: Path | null): ConditionPath | undefined {
  if (path === null || path.field.constant !== undefined || keys.has(path.field.name)) return undefined;
  const isTag = path.field.kind === "map";
  if (path.parts.length !== (isTag ? 1 : 0)) return undefined;
  const segments: readonly string[] = [path.field.name, ...path.parts];
  // Fields and attributes have the same names. Those that are keys were excluded above.
  return segments as AttributePath as ConditionPath;
}

/** A field holds a scalar, or nothing, which counts as null. */
function pushField(path: ConditionPath, predicate: Predicate, now: Date): PushedCondition | undefined {
  switch (predicate.kind) {
    case "equal":
      return isOneOf(path, predicate.values.filter(isScalar));
    case "order":
      return order(path, predicate.comparison, predicate.value);
    case "relative date":
      return order(path, predicate.comparison, resolveDate(predicate.date, now).toISOString());
    default:
      return undefined;
  }
}

/** A tag may hold a list, whose elements are compared too. */
function pushTag(path: ConditionPath, predicate: Predicate): PushedCondition | undefined {
  if (predicate.kind === "exists") return { kind: "exists", path };
  if (predicate.kind !== "equal" || !predicate.values.every(isScalar)) return undefined;
  const own = isOneOf(path, predicate.values);
  const [first, ...others] = predicate.values.map((value): PushedCondition => ({ kind: "contains", path, value }));
  if (own === undefined || first === undefined) return undefined;
  const anyElement: PushedCondition = {
    kind: "and",
    conditions: [
      { kind: "type", path, type: "list" },
      { kind: "or", conditions: [first, ...others] },
    ],
  };
  return { kind: "or", conditions: [own, anyElement] };
}

/** Null equals a missing value and a stored null. */
function isOneOf(path: ConditionPath, values: readonly Scalar[]): PushedCondition | undefined {
  const [first, ...others] = values.filter((value) => value !== null);
  const known: readonly PushedCondition[] =
    first === undefined ? [] : [{ kind: "in", path, values: [first, ...others] }];
  const unset: readonly PushedCondition[] = values.includes(null)
    ? [
        { kind: "not", condition: { kind: "exists", path } },
        { kind: "type", path, type: "null" },
      ]
    : [];
  const [condition, ...more] = [...known, ...unset];
  return condition === undefined ? undefined : { kind: "or", conditions: [condition, ...more] };
}

function order(path: ConditionPath, operator: Comparison, value: unknown): PushedCondition | undefined {
  return typeof value === "string" || typeof value === "number" ? { kind: "order", path, operator, value } : undefined;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== "object";
}

/**
 * What one request can hold. DynamoDB limits a filter expression to 4 KB (a value takes up to 6 bytes of it, a segment
 * 7, a node 27), an `IN` to 100 values, and a path to 32 levels.
 */
const limits = { nodes: 60, values: 100, segments: 200, pathSegments: 32 } as const;

/** Whether DynamoDB accepts the condition: it is small enough, and its values and keys can be stored. */
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

/** A string with half a surrogate pair has no UTF-8, and so cannot be stored. */
function isStorable(value: Scalar): boolean {
  if (typeof value === "number") return isStorableNumber(value);
  return typeof value !== "string" || value.isWellFormed();
}
