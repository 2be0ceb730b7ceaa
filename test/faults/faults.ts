/** The faults of each backend: what the proxy does, and what the caller gets if it does so once or always. */

import { cancelled, type Fate, failure, type ProxiedRequest } from "../store/fault-proxy.ts";
import type { Backend } from "../support/functions.ts";

/** `ok`: a repeat helps. `contended`: a conflict if the fault is at the caller's row, otherwise unavailable. */
export type Expected = "ok" | "unavailable" | "contended";

export interface Fault {
  readonly name: string;
  readonly fate: (request: ProxiedRequest) => Fate;
  readonly once: Expected;
  /** Absent if testing it once is enough: nothing repeats the request, or as for other faults. */
  readonly always?: Expected;
  /** The operations that can have it. Absent: all. */
  readonly operations?: readonly string[];
  /** Takes seconds of waiting. */
  readonly isSlow?: true;
}

const passing = { once: "ok", always: "unavailable" } as const;
const likeOthers = { once: "ok" } as const;
const lasting = { once: "unavailable" } as const;
const contended = { once: "ok", always: "contended", operations: ["TransactWriteItems"] } as const;

/** Faults on the way to any backend. */
const network: readonly Fault[] = [
  { name: "the connection breaks before", fate: () => "lose-request", ...passing },
  { name: "the connection breaks after", fate: () => "lose-answer", ...passing },
  { name: "the answer breaks off", fate: () => "cut-answer", ...likeOthers },
  { name: "the answer halts", fate: () => "stall-answer", ...likeOthers, isSlow: true },
  { name: "it never begins", fate: () => "hang", ...passing, isSlow: true },
  { name: "its answer never comes", fate: () => "hang-answer", ...passing, isSlow: true },
  { name: "a gateway answers", fate: () => ({ status: 502, body: "<html>" }), ...likeOthers },
];

export const faults: { readonly [Name in Backend]: readonly Fault[] } = {
  dynamodb: [
    ...network,
    { name: "throttling", fate: () => failure("ThrottlingException"), ...passing },
    { name: "a table's throughput", fate: () => failure("ProvisionedThroughputExceededException"), ...likeOthers },
    { name: "an account's limit", fate: () => failure("RequestLimitExceeded"), ...likeOthers },
    { name: "500", fate: () => failure("InternalServerError", { status: 500 }), ...passing },
    { name: "503", fate: () => failure("ServiceUnavailable", { status: 503 }), ...likeOthers },
    { name: "denial", fate: () => failure("AccessDeniedException"), ...lasting },
    { name: "an expired session", fate: () => failure("ExpiredTokenException"), ...lasting },
    { name: "a lost table", fate: () => failure("ResourceNotFoundException"), ...lasting },
    { name: "a conflict over its first row", fate: cancelledAt(0, "TransactionConflict"), ...contended },
    { name: "a conflict over its last row", fate: cancelledAt(-1, "TransactionConflict"), ...contended },
    {
      name: "throttling within",
      fate: cancelledAt(-1, "ThrottlingError"),
      ...passing,
      operations: ["TransactWriteItems"],
    },
    { name: "keys left unprocessed", fate: unprocessed, ...passing, operations: ["BatchGetItem"] },
  ],
  kms: [
    ...network,
    { name: "throttling", fate: () => failure("ThrottlingException"), ...passing },
    { name: "500", fate: () => failure("KMSInternalException", { status: 500 }), ...passing },
    { name: "a late dependency", fate: () => failure("DependencyTimeoutException", { status: 503 }), ...likeOthers },
    { name: "an unavailable key", fate: () => failure("KeyUnavailableException", { status: 500 }), ...likeOthers },
    { name: "denial", fate: () => failure("AccessDeniedException"), ...lasting },
    { name: "a disabled key", fate: () => failure("DisabledException"), ...lasting },
    { name: "a key to be deleted", fate: () => failure("KMSInvalidStateException"), ...lasting },
  ],
  identity: [
    ...network,
    { name: "slowness", fate: () => ({ delayMs: 500 }), once: "ok", always: "ok" },
    { name: "500", fate: () => ({ status: 500, body: {} }), ...passing },
    { name: "throttling", fate: () => ({ status: 429, body: {} }), ...likeOthers },
    { name: "no JSON", fate: () => ({ status: 200, body: "<html>" }), ...likeOthers },
  ],
};

/** The answer to a transaction whose item `index` has this reason. A negative index counts from the end. */
function cancelledAt(index: number, code: string): (request: ProxiedRequest) => Fate {
  return ({ body }) => {
    const count = Array.isArray(body["TransactItems"]) ? body["TransactItems"].length : 0;
    const codes = Array.from({ length: count }, (_, at) => (at === (index + count) % count ? code : "None"));
    return cancelled(...codes);
  };
}

function unprocessed({ body }: ProxiedRequest): Fate {
  return { status: 200, body: { Responses: {}, UnprocessedKeys: body["RequestItems"] } };
}
