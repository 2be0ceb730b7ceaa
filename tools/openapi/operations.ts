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
  Data: "The secret data, in versions.",
  Queries: "Finding and counting secrets.",
};

/** What a token with each scope may do in its domain. */
export const scopes: { readonly [scope: string]: string } = {
  "secret:read": "Read metadata: `get`, `list`, `stat`.",
  "secret:write": "Change secrets: `create`, `update`, `update-data`, `delete`.",
  "secret:data": "Read secret data: `get-data`.",
  [systemScope]: "Everything, in every domain: each message then must have a `domain_id`.",
};

const operations: { readonly [Name in Route]: OperationRow } = {
  create: {
    operationId: "createSecret",
    tag: "Secrets",
    summary: "Create a secret",
    description: "Stores the metadata, the name and the encrypted data in one transaction.",
    answer: "SecretInfo",
    errors: ["ERROR_NOT_FOUND", "ERROR_SAVE_UNIQUE_VALUES", "ERROR_VERSION_CONFLICT"],
  },
  get: {
    operationId: "getSecret",
    tag: "Secrets",
    summary: "Read a secret's metadata",
    description: "Returns all metadata, or only the fields in `only`.",
    answer: "ShownSecret",
    errors: ["ERROR_NOT_FOUND", "ERROR_DB_QUERY"],
  },
  update: {
    operationId: "updateSecret",
    tag: "Secrets",
    summary: "Change a secret's name, tags or project",
    description: "Fields that are left out do not change. A request that changes nothing returns the secret as it is.",
    answer: "SecretInfo",
    errors: ["ERROR_NOT_FOUND", "ERROR_SAVE_UNIQUE_VALUES", "ERROR_VERSION_CONFLICT"],
  },
  delete: {
    operationId: "deleteSecret",
    tag: "Secrets",
    summary: "Delete a secret",
    description:
      "Removes the metadata, the name, and all versions of the data with their keys in one transaction. For some days (DELETED_KEPT_DAYS), an operator can restore the secret as it was; no method can.",
    answer: "Empty",
    errors: ["ERROR_NOT_FOUND", "ERROR_EXIST_RELATED_SECRET", "ERROR_VERSION_CONFLICT"],
  },
  "get-data": {
    operationId: "getSecretData",
    tag: "Data",
    summary: "Read a secret's data",
    description:
      "Returns the data decrypted or sealed, or says that it has not changed. One call can read up to 50 secrets, each of which can fail on its own.",
    answer: "SecretDataAnswer",
    errors: ["ERROR_NOT_FOUND", "ERROR_VERSION_CONFLICT"],
  },
  "update-data": {
    operationId: "updateSecretData",
    tag: "Data",
    summary: "Replace a secret's data",
    description:
      "Stores the data as the next version, with its own data key. Earlier versions stay readable, up to a configured number.",
    answer: "Empty",
    errors: ["ERROR_NOT_FOUND", "ERROR_VERSION_CONFLICT"],
  },
  list: {
    operationId: "listSecrets",
    tag: "Queries",
    summary: "Find secrets",
    description: "Returns the secrets that match the query and all filters, sorted by name by default.",
    answer: "SecretsInfo",
    errors: queryErrors,
  },
  stat: {
    operationId: "statSecrets",
    tag: "Queries",
    summary: "Compute statistics about secrets",
    description: "Returns the rows that stages compute from the secrets, or the distinct values of one field.",
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
        description: "The call succeeded.",
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
