/**
 * Queries in DynamoDB's expressions: key, filter and projection. Strings of a request are only ever values of
 * placeholders, never part of an expression.
 */

import type { QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Comparison } from "../query/operator-name.ts";
import type { IndexedField } from "../query/plan.ts";
import type { AttributePath, PushedCondition, Scalar } from "../query/push-down.ts";
import type { RowQuery } from "./secret-store.ts";

/** An expression and what its placeholders stand for. */
export interface Expression {
  readonly text: string;
  readonly names: { readonly [placeholder: string]: string };
  readonly values: { readonly [placeholder: string]: Scalar };
}

export interface Projection {
  readonly text: string;
  readonly names: { readonly [placeholder: string]: string };
}

/** The index of each field. Its partition key is domain and field; its sort key is the name. */
const indexes = {
  service_account_id: "by_service_account",
  project_id: "by_project",
  trusted_secret_id: "by_trusted_secret",
} as const satisfies Record<IndexedField, string>;

const joins = { and: " AND ", or: " OR " } as const;
const signs = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const satisfies Record<Comparison, string>;

const typeCodes = { null: "NULL", list: "L" } as const;

/** DynamoDB's limits on the parts of a path and the characters of an expression. */
const maxLevels = 32;

const maxTextLength = 4096;

/** The query for whole rows. */
export function toQueryInput(table: string, { domainId, index, condition }: RowQuery): QueryCommandInput {
  const filter = condition === null ? null : toFilterExpression(condition);
  return {
    TableName: table,
    ...(index === null ? { ConsistentRead: true } : { IndexName: indexes[index.field] }),
    KeyConditionExpression: index === null ? "#domain = :domain" : "#domain = :domain AND #indexed = :indexed",
    ...(filter === null ? {} : { FilterExpression: filter.text }),
    ExpressionAttributeNames: {
      "#domain": "domain_id",
      ...(index === null ? {} : { "#indexed": index.field }),
      ...filter?.names,
    },
    ExpressionAttributeValues: {
      ":domain": domainId,
      ...(index === null ? {} : { ":indexed": index.value }),
      ...filter?.values,
    },
  };
}

/** Makes a query return only these attributes. */
export function withAttributes(query: QueryCommandInput, attributes: readonly AttributePath[]): QueryCommandInput {
  const { text, names } = toProjection(attributes);
  return {
    ...query,
    ProjectionExpression: text,
    ExpressionAttributeNames: { ...query.ExpressionAttributeNames, ...names },
  };
}

/** The condition must meet `isPushable`. */
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
  // DynamoDB refuses redundant parentheses, so only compound operands get them.
  const operand = (node: PushedCondition): string => (isCompound(node) ? `(${render(node)})` : render(node));

  const text = render(condition);
  return {
    text,
    names: Object.fromEntries([...names].map(([segment, placeholder]) => [placeholder, segment])),
    values: Object.fromEntries(values.map((scalar, index) => [`:f${index}`, scalar])),
  };
}

/** Names these paths and the row's id. If the paths are too deep or too many for a request, it names more. */
export function toProjection(paths: readonly AttributePath[]): Projection {
  const projected: readonly AttributePath[] = [["secret_id"], ...paths];
  const exact = render(withoutOverlaps(projected.map((path) => path.slice(0, maxLevels))));
  return exact.text.length <= maxTextLength ? exact : render(withoutOverlaps(projected.map(([field]) => [field])));
}

function isCompound(node: PushedCondition): boolean {
  return node.kind === "not" || ("conditions" in node && node.conditions.length > 1);
}

/** DynamoDB refuses a path together with a path below it, and empty segments, which lead nowhere. */
function withoutOverlaps(paths: readonly (readonly string[])[]): (readonly string[])[] {
  const distinct = new Map(paths.map((path) => [JSON.stringify(path), path]));
  const isCovered = (path: readonly string[]) =>
    path.some((_, length) => length > 0 && distinct.has(JSON.stringify(path.slice(0, length))));
  return [...distinct.values()].filter((path) => !path.includes("") && !isCovered(path));
}

function render(paths: readonly (readonly string[])[]): Projection {
  const segments = [...new Set(paths.flat())];
  const placeholders = new Map(segments.map((segment, index) => [segment, `#p${index}`]));
  return {
    text: paths.map((path) => path.map((segment) => placeholders.get(segment)).join(".")).join(", "),
    names: Object.fromEntries(segments.map((segment, index) => [`#p${index}`, segment])),
  };
}
