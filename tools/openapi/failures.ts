/** Failures of the gateway and the functions: a schema for each code, a response for each status. */

import { type ErrorCode, type ErrorDetails, errors } from "../../lib/base/errors.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { described, ref, type Schema, type Schemas } from "./schema.ts";

/** Details for the example of each message. */
const samples: ErrorDetails = {
  ERROR_REQUIRED_PARAMETER: { key: "name" },
  ERROR_INVALID_PARAMETER_TYPE: { key: "name", type: "string" },
  ERROR_INVALID_PARAMETER: { key: "secret_idd", reason: 'unknown field, did you mean "secret_id"?' },
  ERROR_DB_QUERY: { reason: 'unknown field "nane", did you mean "name"?' },
  ERROR_OPERATOR_VALUE_TYPE: { operator: "eq", key: '"name"' },
  ERROR_OPERATOR_LIST_VALUE_TYPE: { operator: "in", key: '"name"' },
  ERROR_OPERATOR_DICT_VALUE_TYPE: { operator: "match", key: '"tags.members"' },
  ERROR_OPERATOR_BOOLEAN_TYPE: { operator: "exists", key: '"tags.env"' },
  ERROR_AUTHENTICATE_FAILURE: { reason: "the request carries no verified token" },
  ERROR_PERMISSION_DENIED: {},
  ERROR_NOT_FOUND: { key: "secret_id", value: "secret-000000000000" },
  ERROR_SAVE_UNIQUE_VALUES: {},
  ERROR_VERSION_CONFLICT: { key: "secret_id", value: "secret-000000000001" },
  ERROR_EXIST_RELATED_SECRET: { secret_id: "secret-000000000001" },
  ERROR_UNAVAILABLE: { service: "dynamodb" },
  ERROR_REQUEST_TIMEOUT: {},
  ERROR_UNKNOWN: { request_id: "1f0c2a3e-6a49-4f4e-9b57-2d1d1a1d0c11" },
};

const errorCodes: readonly ErrorCode[] = Object.keys(errors) as ErrorCode[];

/** Codes of every operation. */
export const commonErrors: readonly ErrorCode[] = [
  "ERROR_REQUIRED_PARAMETER",
  "ERROR_INVALID_PARAMETER_TYPE",
  "ERROR_INVALID_PARAMETER",
  "ERROR_AUTHENTICATE_FAILURE",
  "ERROR_PERMISSION_DENIED",
  "ERROR_UNKNOWN",
  "ERROR_UNAVAILABLE",
  "ERROR_REQUEST_TIMEOUT",
];

/** Further codes of operations with a query. */
export const queryErrors: readonly ErrorCode[] = [
  "ERROR_DB_QUERY",
  "ERROR_OPERATOR_VALUE_TYPE",
  "ERROR_OPERATOR_LIST_VALUE_TYPE",
  "ERROR_OPERATOR_DICT_VALUE_TYPE",
  "ERROR_OPERATOR_BOOLEAN_TYPE",
];

const gatewayFailure = "GatewayFailure";

export const failureSchemas: Schemas = {
  ...Object.fromEntries(errorCodes.map((code) => [code, failureSchema(code)])),
  [gatewayFailure]: described("An error of the gateway itself, before a function runs.", {
    ...{ type: "object", properties: { message: { type: "string" } }, required: ["message"] },
  }),
};

function failureSchema(code: ErrorCode): Schema {
  const message = {
    type: "string",
    pattern: `^${formOf(code, () => "\u0000")
      .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("\u0000", "[\\s\\S]*")}$`,
  };
  const detail = { type: "object", properties: { code: { const: code }, message }, required: ["code", "message"] };
  return { type: "object", properties: { detail }, required: ["detail"] };
}

function messageOf<Code extends ErrorCode>(code: Code, details: ErrorDetails): string {
  return errors[code].message(details[code]);
}

/** A code's message, with each detail replaced. */
function formOf(code: ErrorCode, substitute: (detail: string) => string): string {
  const details = new Proxy({}, { get: (_, detail) => substitute(String(detail)) });
  return errors[code].message(details as never);
}

interface GatewayRow {
  readonly when: string;
  readonly message: string;
}

/** Statuses that the gateway itself answers. */
const gatewayRows: { readonly [status: string]: GatewayRow } = {
  401: { when: "without a valid token", message: "Unauthorized" },
  403: { when: "without the scope", message: "Forbidden" },
  429: { when: "for too many requests", message: "Too Many Requests" },
};

/** The responses, by status, of an operation that fails with these codes or at the gateway. */
export function failureResponses(codes: readonly ErrorCode[]): { readonly [status: string]: JsonObject } {
  const statuses = [...codes.map((code) => String(errors[code].status)), ...Object.keys(gatewayRows)];
  const sorted = [...new Set(statuses)].sort();
  return Object.fromEntries(
    sorted.map((status) => [
      status,
      response(
        status,
        codes.filter((code) => String(errors[code].status) === status),
      ),
    ]),
  );
}

function response(status: string, codes: readonly ErrorCode[]): JsonObject {
  const atGateway = gatewayRows[status];
  const lines = codes.map((code) => `- \`${code}\`: ${formOf(code, (detail) => `*${detail}*`)}`);
  const examples = codes.map(
    (code) => [code, { value: { detail: { code, message: messageOf(code, samples) } } }] as const,
  );
  const description = [...lines, ...(atGateway === undefined ? [] : [`- the gateway's own answer ${atGateway.when}`])];
  const named = atGateway === undefined ? {} : { [gatewayFailure]: { value: { message: atGateway.message } } };
  return {
    description: description.join("\n"),
    ...(codes.length > 0 && { headers: headersOf(status) }),
    content: {
      "application/json": {
        schema: oneOf([...codes, ...Object.keys(named)].map(ref)),
        examples: { ...Object.fromEntries(examples), ...named },
      },
    },
  };
}

function oneOf(schemas: readonly Schema[]): Schema {
  const [only, another] = schemas;
  return only === undefined || another !== undefined ? { anyOf: schemas } : only;
}

function headersOf(status: string): JsonObject {
  return {
    "x-request-id": { $ref: "#/components/headers/RequestId" },
    ...(status === "503" && { "Retry-After": { $ref: "#/components/headers/RetryAfter" } }),
  };
}
