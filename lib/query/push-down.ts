/**
 * Conditions that the database itself can evaluate with exactly the language's meaning, in neutral words: no DynamoDB
 * syntax. Pure.
 */

import { isStorableNumber, type SecretField } from "../secret/secret.ts";
import { resolveDate } from "./date.ts";
import type { Comparison } from "./operator-name.ts";
import type { Predicate } from "./operators.ts";
import type { Path } from "./path.ts";
import type { Condition } from "./query.ts";

/** A field; with more segments a key below `tags`: `["tags", "env", "name"]`. A segment is no array index. */
export type AttributePath<Field extends SecretField = SecretField> = readonly [Field, ...string[]];

/** What a condition may look at. The rows' keys are not among it; nor, within an index, are its field and `name`. */
export type ConditionPath = AttributePath<Exclude<SecretField, "domain_id" | "secret_id">>;

export type Scalar = string | number | boolean | null;

type OneOrMore<Value> = readonly [Value, ...Value[]];

/**
 * Two-valued: a condition is true or false, and `not` inverts it. If a path leads nowhere (an unset field, a missing key, a
 * key below a scalar or an array), every kind but `not` is false. Values are not converted: one of another type is
 * unequal, and neither less nor greater. Only `contains` looks into arrays.
 */
export type PushedCondition =
  | { readonly kind: "and" | "or"; readonly conditions: OneOrMore<PushedCondition> }
  | { readonly kind: "not"; readonly condition: PushedCondition }
  /** There is a value, which may be `null`. */
  | { readonly kind: "exists"; readonly path: ConditionPath }
  /** There is a value of this type. */
  | { readonly kind: "type"; readonly path: ConditionPath; readonly type: "null" | "list" }
  /**
   * The same type and value as any one of these. Numbers compare as decimals: one with more digits than a double needs,
   * which only outside tools write, equals no double.
   */
  | { readonly kind: "in"; readonly path: ConditionPath; readonly values: OneOrMore<Scalar> }
  /** Strings in the order of their code points, numbers of their (decimal) values. */
  | {
      readonly kind: "order";
      readonly path: ConditionPath;
      readonly operator: Comparison;
      readonly value: string | number;
    }
  /** A string with this string in it, case counting; or an array with an element equal to this value. */
  | { readonly kind: "contains"; readonly path: ConditionPath; readonly value: Scalar };

/** The rows' keys, which a filter expression may not name. */
const keys: ReadonlySet<string> = new Set(["domain_id", "secret_id"]);

/**
 * The condition as the database evaluates it; `undefined` where its meaning there would be another. Case, patterns and
 * paths that may lead through arrays stay with us.
 */
function pushDown(condition: Condition, now: Date): PushedCondition | undefined {
  const path = toConditionPath(condition.path);
  if (path === undefined) return undefined;
  const pushed = path.length === 1 ? pushField(path, condition.predicate, now) : pushTag(path, condition.predicate);
  return pushed !== undefined && condition.negated ? { kind: "not", condition: pushed } : pushed;
}

/** All of the conditions, or any of them; `undefined` where not every one can be pushed down. */
export function pushDownAny(conditions: readonly Condition[], now: Date): PushedCondition | undefined {
  const pushed = conditions.flatMap((condition) => pushDown(condition, now) ?? []);
  const [first, ...others] = pushed;
  if (first === undefined || pushed.length < conditions.length) return undefined;
  return { kind: "or", conditions: [first, ...others] };
}

/** A field, or a key right below `tags`: further down a list may come, in which the database does not look. */
function toConditionPath(path: Path | null): ConditionPath | undefined {
  if (path === null || path.field.constant !== undefined || keys.has(path.field.name)) return undefined;
  const isTag = path.field.kind === "map";
  if (path.parts.length !== (isTag ? 1 : 0)) return undefined;
  const segments: readonly string[] = [path.field.name, ...path.parts];
  // The model's field names are those of the stored secret, and the keys among them were just refused.
  return segments as AttributePath as ConditionPath;
}

/** A field holds a scalar or nothing, which is null. */
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

/** A tag may hold a list, of which an element is compared too. */
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

/** Null is what is not there, or is stored as null. */
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

/** Half a surrogate pair is no text. */
function isStorable(value: Scalar): boolean {
  if (typeof value === "number") return isStorableNumber(value);
  return typeof value !== "string" || value.isWellFormed();
}
