/** The meaning of a pushed condition, in JavaScript. */

import { isObject } from "../../lib/base/json.ts";
import type { Comparison } from "../../lib/query/operator-name.ts";
import type { ConditionPath, PushedCondition, Scalar } from "../../lib/query/push-down.ts";
import type { Secret } from "../../lib/secret/secret.ts";

const orders = {
  lt: (sign) => sign < 0,
  lte: (sign) => sign <= 0,
  gt: (sign) => sign > 0,
  gte: (sign) => sign >= 0,
} as const satisfies Record<Comparison, (sign: number) => boolean>;

export function holds(condition: PushedCondition, secret: Secret): boolean {
  switch (condition.kind) {
    case "and":
      return condition.conditions.every((each) => holds(each, secret));
    case "or":
      return condition.conditions.some((each) => holds(each, secret));
    case "not":
      return !holds(condition.condition, secret);
    case "exists":
      return valueAt(condition.path, secret) !== undefined;
    case "type":
      return condition.type === "list"
        ? Array.isArray(valueAt(condition.path, secret))
        : valueAt(condition.path, secret) === null;
    case "in":
      return condition.values.some((each) => valueAt(condition.path, secret) === each);
    case "order":
      return isInOrder(valueAt(condition.path, secret), condition.operator, condition.value);
    case "contains":
      return containsValue(valueAt(condition.path, secret), condition.value);
  }
}

/** `undefined` if the path leads nowhere; an unset field is an absent attribute. */
function valueAt([field, ...keys]: ConditionPath, secret: Secret): unknown {
  const start: unknown = secret[field] ?? undefined;
  return keys.reduce((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), start);
}

function containsValue(value: unknown, wanted: Scalar): boolean {
  if (typeof value === "string") return typeof wanted === "string" && value.includes(wanted);
  return Array.isArray(value) && value.includes(wanted);
}

/** Strings by code point, which is the order of their UTF-8 bytes. */
function isInOrder(value: unknown, operator: Comparison, other: string | number): boolean {
  if (typeof value === "number" && typeof other === "number") return orders[operator](value - other);
  if (typeof value !== "string" || typeof other !== "string") return false;
  return orders[operator](Buffer.compare(Buffer.from(value), Buffer.from(other)));
}
