/** Queries of rows as DynamoDB takes them. */

import type { QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import type { AttributePath } from "../query/push-down.ts";
import { toFilterExpression } from "./filter-expression.ts";
import { toProjection } from "./projection.ts";
import type { IndexedField, RowQuery } from "./secret-rows.ts";

/** The index of each field. Their keys: domain and field, and the name to sort by. */
const indexes = {
  service_account_id: "by_service_account",
  project_id: "by_project",
  trusted_secret_id: "by_trusted_secret",
} as const satisfies Record<IndexedField, string>;

/** The query of whole rows. */
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

/** Lets a query bring these attributes only. */
export function withAttributes(query: QueryCommandInput, attributes: readonly AttributePath[]): QueryCommandInput {
  const { text, names } = toProjection(attributes);
  return {
    ...query,
    ProjectionExpression: text,
    ExpressionAttributeNames: { ...query.ExpressionAttributeNames, ...names },
  };
}
