/** The errors of the API: one table, one class. A failure that a caller may see is thrown as a `SecretError`. */

interface Key {
  readonly key: string;
}
interface Operand {
  readonly operator: string;
  readonly key: string;
}
type Nothing = Record<never, never>;

/** The details in each code's message. */
export interface ErrorDetails {
  readonly ERROR_REQUIRED_PARAMETER: Key;
  readonly ERROR_INVALID_PARAMETER_TYPE: Key & { readonly type: string };
  readonly ERROR_INVALID_PARAMETER: Key & { readonly reason: string };
  readonly ERROR_DB_QUERY: { readonly reason: string };
  readonly ERROR_OPERATOR_VALUE_TYPE: Operand;
  readonly ERROR_OPERATOR_LIST_VALUE_TYPE: Operand;
  readonly ERROR_OPERATOR_DICT_VALUE_TYPE: Operand;
  readonly ERROR_OPERATOR_BOOLEAN_TYPE: Operand;
  readonly ERROR_AUTHENTICATE_FAILURE: { readonly reason: string };
  readonly ERROR_PERMISSION_DENIED: Nothing;
  readonly ERROR_NOT_FOUND: Key & { readonly value: string };
  readonly ERROR_SAVE_UNIQUE_VALUES: Nothing;
  readonly ERROR_VERSION_CONFLICT: Key & { readonly value: string };
  readonly ERROR_EXIST_RELATED_SECRET: { readonly secret_id: string };
  readonly ERROR_UNAVAILABLE: { readonly service: string };
  readonly ERROR_REQUEST_TIMEOUT: Nothing;
  readonly ERROR_UNKNOWN: { readonly request_id: string };
}

export type ErrorCode = keyof ErrorDetails;

interface ErrorRow<Details> {
  readonly status: number;
  readonly message: (details: Details) => string;
}

/** HTTP status and public message of each code. docs/api.md says when each occurs. */
export const errors: { readonly [Code in ErrorCode]: ErrorRow<ErrorDetails[Code]> } = {
  ERROR_REQUIRED_PARAMETER: { status: 400, message: ({ key }) => `Required parameter. (key = ${key})` },
  ERROR_INVALID_PARAMETER_TYPE: {
    status: 400,
    message: ({ key, type }) => `Parameter type is invalid. (key = ${key}, type = ${type})`,
  },
  ERROR_INVALID_PARAMETER: {
    status: 400,
    message: ({ key, reason }) => `Parameter is invalid. (key = ${key}, reason = ${reason})`,
  },
  ERROR_DB_QUERY: { status: 400, message: ({ reason }) => `Database query failed. (reason = ${reason})` },
  ERROR_OPERATOR_VALUE_TYPE: { status: 400, message: operandMessage("does not support list type") },
  ERROR_OPERATOR_LIST_VALUE_TYPE: { status: 400, message: operandMessage("must be a list type") },
  ERROR_OPERATOR_DICT_VALUE_TYPE: { status: 400, message: operandMessage("must be a dictionary type") },
  ERROR_OPERATOR_BOOLEAN_TYPE: { status: 400, message: operandMessage("must be a boolean type") },
  ERROR_AUTHENTICATE_FAILURE: { status: 401, message: ({ reason }) => `Authenticate failure. (message = ${reason})` },
  ERROR_PERMISSION_DENIED: { status: 403, message: () => "Permission denied." },
  ERROR_NOT_FOUND: {
    status: 404,
    message: ({ key, value }) => `Resource cannot be found or access is denied. (${key} = ${value})`,
  },
  ERROR_SAVE_UNIQUE_VALUES: {
    status: 409,
    message: () => "Tried to save duplicate unique values. (keys = ['name', 'domain_id'])",
  },
  ERROR_VERSION_CONFLICT: {
    status: 409,
    message: ({ key, value }) => `Another writer came first. (${key} = ${value})`,
  },
  ERROR_EXIST_RELATED_SECRET: {
    status: 409,
    message: ({ secret_id }) => `Other secrets name it as their trusted secret. (secret_id = ${secret_id})`,
  },
  ERROR_UNAVAILABLE: {
    status: 503,
    message: ({ service }) => `The service is temporarily unavailable. (service = ${service})`,
  },
  ERROR_REQUEST_TIMEOUT: { status: 504, message: () => "The request did not finish in time." },
  ERROR_UNKNOWN: { status: 500, message: ({ request_id }) => `Unknown error. (request_id = ${request_id})` },
};

function operandMessage(what: string): (details: Operand) => string {
  return ({ operator, key }) => `The value of '${operator} operator' ${what}. (key = ${key})`;
}

/** An error of the API. `message` is public: it names the field at fault, and never holds secret data. */
export class SecretError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "SecretError";
  readonly code: Code;
  readonly status: number;
  readonly #details: ErrorDetails[Code];

  constructor(code: Code, details: ErrorDetails[Code], options?: ErrorOptions) {
    super(errors[code].message(details), options);
    this.code = code;
    this.#details = details;
    this.status = errors[code].status;
  }

  get details(): ErrorDetails[Code] {
    return this.#details;
  }
}
