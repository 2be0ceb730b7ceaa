/** The table of errors in docs/api.md, row by row. */

import { describe, expect, it } from "vitest";
import { type ErrorCode, type ErrorDetails, errors, SecretError } from "../../lib/base/errors.ts";

const operand = { operator: "in", key: "name" };

const rows: { readonly [Code in ErrorCode]: readonly [status: number, details: ErrorDetails[Code], message: string] } =
  {
    ERROR_REQUIRED_PARAMETER: [400, { key: "name" }, "Required parameter. (key = name)"],
    ERROR_INVALID_PARAMETER_TYPE: [
      400,
      { key: "tags", type: "Struct" },
      "Parameter type is invalid. (key = tags, type = Struct)",
    ],
    ERROR_INVALID_PARAMETER: [
      400,
      { key: "nam", reason: "unknown field" },
      "Parameter is invalid. (key = nam, reason = unknown field)",
    ],
    ERROR_DB_QUERY: [400, { reason: "no key" }, "Database query failed. (reason = no key)"],
    ERROR_OPERATOR_VALUE_TYPE: [400, operand, "The value of 'in operator' does not support list type. (key = name)"],
    ERROR_OPERATOR_LIST_VALUE_TYPE: [400, operand, "The value of 'in operator' must be a list type. (key = name)"],
    ERROR_OPERATOR_DICT_VALUE_TYPE: [
      400,
      operand,
      "The value of 'in operator' must be a dictionary type. (key = name)",
    ],
    ERROR_OPERATOR_BOOLEAN_TYPE: [400, operand, "The value of 'in operator' must be a boolean type. (key = name)"],
    ERROR_AUTHENTICATE_FAILURE: [401, { reason: "no token" }, "Authenticate failure. (message = no token)"],
    ERROR_PERMISSION_DENIED: [403, {}, "Permission denied."],
    ERROR_NOT_FOUND: [
      404,
      { key: "secret_id", value: "secret-1" },
      "Resource cannot be found or access is denied. (secret_id = secret-1)",
    ],
    ERROR_SAVE_UNIQUE_VALUES: [409, {}, "Tried to save duplicate unique values. (keys = ['name', 'domain_id'])"],
    ERROR_VERSION_CONFLICT: [
      409,
      { key: "secret_id", value: "secret-1" },
      "Another writer came first. (secret_id = secret-1)",
    ],
    ERROR_EXIST_RELATED_SECRET: [
      409,
      { secret_id: "secret-1" },
      "Other secrets name it as their trusted secret. (secret_id = secret-1)",
    ],
    ERROR_UNAVAILABLE: [503, { service: "kms" }, "The service is temporarily unavailable. (service = kms)"],
    ERROR_REQUEST_TIMEOUT: [504, {}, "The request did not finish in time."],
    ERROR_UNKNOWN: [500, { request_id: "r-1" }, "Unknown error. (request_id = r-1)"],
  };

describe("SecretError", () => {
  it.each(Object.keys(errors) as ErrorCode[])("%s has its status and public message", (code) => {
    const [status, details, message] = rows[code];

    const error = new SecretError(code, details);

    expect({ code: error.code, status: error.status, message: error.message }).toEqual({ code, status, message });
  });

  it("keeps the cause out of its enumerable properties", () => {
    const error = new SecretError("ERROR_UNKNOWN", { request_id: "r-1" }, { cause: new Error("inner") });

    expect(error.cause).toEqual(new Error("inner"));
    expect(JSON.stringify(error)).toBe('{"name":"SecretError","code":"ERROR_UNKNOWN","status":500}');
  });
});
