/** The eight operations: what each does, its answer and its errors. Scopes and headers come from lib/http/routes.ts. */

import type { ErrorCode } from "../../lib/base/errors.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { type Route, routes, systemScope } from "../../lib/http/routes.ts";
import { type Example, examplesOf } from "./examples.ts";
import { commonErrors, failureResponses, queryErrors } from "./failures.ts";
import { requestName } from "./request-parts.ts";
import { ref } from "./schema.ts";

interface OperationRow {
  readonly operationId: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description: string;
  readonly answer: string;
  /** Errors besides those of every operation. */
  readonly errors: readonly ErrorCode[];
}

type Tag = "Secrets" | "Data" | "Queries";

export const tags: { readonly [Name in Tag]: string } = {
  Secrets: "A secret and its metadata.",
  Data: "The data that is kept secret, in versions.",
  Queries: "Finding secrets, and what they add up to.",
};

/** What a token with each scope may do in its domain. */
export const scopes: { readonly [scope: string]: string } = {
  "secret:read": "Read metadata: `get`, `list`, `stat`.",
  "secret:write": "Change secrets: `create`, `update`, `update-data`, `delete`.",
  "secret:data": "Read what is kept secret: `get-data`.",
  [systemScope]: "Everything, in every domain: each message then names its `domain_id`.",
};

const operations: { readonly [Name in Route]: OperationRow } = {
  create: {
    operationId: "createSecret",
    tag: "Secrets",
    summary: "Create a secret",
    description: "Stores metadata, name and encrypted data in one transaction.",
    answer: "SecretInfo",
    errors: ["ERROR_NOT_FOUND", "ERROR_SAVE_UNIQUE_VALUES", "ERROR_VERSION_CONFLICT"],
  },
  get: {
    operationId: "getSecret",
    tag: "Secrets",
    summary: "Read a secret's metadata",
    description: "The whole of it, or the fields of `only`.",
    answer: "ShownSecret",
    errors: ["ERROR_NOT_FOUND", "ERROR_DB_QUERY"],
  },
  update: {
    operationId: "updateSecret",
    tag: "Secrets",
    summary: "Change a secret's name, tags or project",
    description: "What is left out stays. A request that changes nothing answers the secret as it is.",
    answer: "SecretInfo",
    errors: ["ERROR_NOT_FOUND", "ERROR_SAVE_UNIQUE_VALUES", "ERROR_VERSION_CONFLICT"],
  },
  delete: {
    operationId: "deleteSecret",
    tag: "Secrets",
    summary: "Delete a secret",
    description:
      "Removes metadata, all versions of the data with their keys, and the name, in one transaction. For some days (DELETED_KEPT_DAYS) an operator can take the secret back as it was; no method can.",
    answer: "Empty",
    errors: ["ERROR_NOT_FOUND", "ERROR_EXIST_RELATED_SECRET", "ERROR_VERSION_CONFLICT"],
  },
  "get-data": {
    operationId: "getSecretData",
    tag: "Data",
    summary: "Read a secret's data",
    description:
      "Decrypted, or sealed, or just whether it has changed; of one secret, or of up to 50, of which each fails for itself.",
    answer: "SecretDataAnswer",
    errors: ["ERROR_NOT_FOUND", "ERROR_VERSION_CONFLICT"],
  },
  "update-data": {
    operationId: "updateSecretData",
    tag: "Data",
    summary: "Replace a secret's data",
    description: "The data becomes the next version, under a data key of its own; the versions before stay readable.",
    answer: "Empty",
    errors: ["ERROR_NOT_FOUND", "ERROR_VERSION_CONFLICT"],
  },
  list: {
    operationId: "listSecrets",
    tag: "Queries",
    summary: "Find secrets",
    description: "The secrets that the query and all filters let through, by name unless ordered otherwise.",
    answer: "SecretsInfo",
    errors: queryErrors,
  },
  stat: {
    operationId: "statSecrets",
    tag: "Queries",
    summary: "Compute statistics of secrets",
    description: "Rows that stages make of the secrets, or the different values of one field.",
    answer: "SecretStatInfo",
    errors: queryErrors,
  },
};

export function pathOf(route: Route): string {
  return `/secret/v1/secret/${route}`;
}

export function paths(): JsonObject {
  const names = Object.keys(operations) as Route[];
  return Object.fromEntries(names.map((route) => [pathOf(route), { post: operation(route) }]));
}

function operation(route: Route): JsonObject {
  const { tag, answer, errors, ...about } = operations[route];
  const { scope, takesClientToken } = routes[route];
  const examples = examplesOf(route);
  return {
    ...about,
    description: `${about.description} Needs the scope \`${scope}\`.`,
    tags: [tag],
    security: [{ token: [scope] }, { token: [systemScope] }],
    ...(takesClientToken && { parameters: [{ $ref: "#/components/parameters/IdempotencyKey" }] }),
    requestBody: { required: true, content: body(requestName(route), "request", examples) },
    responses: {
      200: {
        description: "It is done.",
        headers: { "x-request-id": { $ref: "#/components/headers/RequestId" } },
        content: body(answer, "answer", examples),
      },
      ...failureResponses([...commonErrors, ...errors]),
    },
  };
}

function body(schema: string, part: "request" | "answer", examples: readonly Example[]): JsonObject {
  const named = examples.map((example, index): [name: string, example: JsonObject] => [
    `example-${index + 1}`,
    { summary: example.summary, value: example[part] },
  ]);
  return { "application/json": { schema: ref(schema), examples: Object.fromEntries(named) } };
}
