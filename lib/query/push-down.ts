/** Conditions that the database can evaluate with exactly the language's meaning, in its own words. Pure. */

import type { Condition } from "./condition.ts";
import type { Path } from "./path.ts";
import type { Predicate } from "./predicate.ts";
import type { AttributePath, ConditionPath, PushedCondition, Scalar } from "./pushed-condition.ts";
import { toMoment } from "./timediff.ts";

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
      return order(path, predicate.relation, predicate.value);
    case "moment":
      return order(path, predicate.relation, toMoment(predicate.moment, now).toISOString());
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

function order(path: ConditionPath, relation: string, value: unknown): PushedCondition | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  if (relation !== "lt" && relation !== "lte" && relation !== "gt" && relation !== "gte") return undefined;
  return { kind: "order", path, operator: relation, value };
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== "object";
}
