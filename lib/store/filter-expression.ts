/** Conditions as DynamoDB's filter expressions: placeholders only, no text of a request gets into the expression. */

import type { Comparison } from "../query/operator-name.ts";
import type { PushedCondition, Scalar } from "../query/push-down.ts";

/** An expression and what its placeholders stand for. */
export interface Expression {
  readonly text: string;
  readonly names: { readonly [placeholder: string]: string };
  readonly values: { readonly [placeholder: string]: Scalar };
}

const joins = { and: " AND ", or: " OR " } as const;

const signs = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const satisfies Record<Comparison, string>;

const typeCodes = { null: "NULL", list: "L" } as const;

/** The condition must be pushable. */
export function toFilterExpression(condition: PushedCondition): Expression {
  const names = new Map<string, string>();
  const values: Scalar[] = [];

  const name = (segment: string) => {
    const placeholder = names.get(segment) ?? `#f${names.size}`;
    names.set(segment, placeholder);
    return placeholder;
  };
  const value = (scalar: Scalar) => `:f${values.push(scalar) - 1}`;
  const path = (segments: readonly string[]) => segments.map(name).join(".");

  const render = (node: PushedCondition): string => {
    switch (node.kind) {
      case "and":
      case "or":
        return node.conditions.map(operand).join(joins[node.kind]);
      case "not":
        return `NOT ${operand(node.condition)}`;
      case "exists":
        return `attribute_exists(${path(node.path)})`;
      case "type":
        return `attribute_type(${path(node.path)}, ${value(typeCodes[node.type])})`;
      case "in":
        return `${path(node.path)} IN (${node.values.map(value).join(", ")})`;
      case "order":
        return `${path(node.path)} ${signs[node.operator]} ${value(node.value)}`;
      case "contains":
        return `contains(${path(node.path)}, ${value(node.value)})`;
    }
  };
  // DynamoDB refuses redundant parentheses, so that only what consists of several parts gets them.
  const operand = (node: PushedCondition): string => (isCompound(node) ? `(${render(node)})` : render(node));

  const text = render(condition);
  return {
    text,
    names: Object.fromEntries([...names].map(([segment, placeholder]) => [placeholder, segment])),
    values: Object.fromEntries(values.map((scalar, index) => [`:f${index}`, scalar])),
  };
}

function isCompound(node: PushedCondition): boolean {
  return node.kind === "not" || ("conditions" in node && node.conditions.length > 1);
}
