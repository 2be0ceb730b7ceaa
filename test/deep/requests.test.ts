/**
 * The requests that every method makes in every case, and their DynamoDB units, counted at DynamoDB Local and the local
 * KMS behind the deployed bundles. A change that makes one more request must update this list.
 */

import { afterAll, beforeAll, expect, it } from "vitest";
import { cases, play } from "../../tools/bench/counting/cases.ts";
import { startWorld, type World } from "../../tools/bench/counting/world.ts";

interface Expected {
  /** The requests to DynamoDB, then to KMS, then to the identity service. Concurrent ones are answered in any order. */
  readonly requests: readonly string[];
  readonly read?: number;
  readonly write?: number;
  /** The error's code if the call fails. */
  readonly failure?: string;
}

/** The reads of a delete: the row, then concurrently the list of versions and the current version. */
const reads = ["GetItem", "Query", "GetItem"];

const expected: { readonly [name: string]: Expected } = {
  create: { requests: ["TransactWriteItems", "GenerateDataKey"], write: 10 },
  "create, in a project": { requests: ["TransactWriteItems", "GenerateDataKey"], write: 11 },
  "create, under a trusted secret": { requests: ["TransactWriteItems", "GenerateDataKey"], write: 13 },
  "create, with a token": { requests: ["TransactWriteItems", "GenerateDataKey"], write: 12 },
  "create, again with the token": {
    requests: ["TransactWriteItems", "GetItem", "GenerateDataKey"],
    read: 1,
    write: 12,
  },
  "create, name taken": {
    requests: ["TransactWriteItems", "GenerateDataKey"],
    write: 10,
    failure: "ERROR_SAVE_UNIQUE_VALUES",
  },
  "create, for a service account": {
    requests: ["TransactWriteItems", "GenerateDataKey", "/identity/v1/service-account/get"],
    write: 12,
  },

  update: { requests: ["GetItem", "TransactWriteItems"], read: 1, write: 2 },
  "update, nothing": { requests: ["GetItem"], read: 1 },
  "update, rename": { requests: ["GetItem", "TransactWriteItems"], read: 1, write: 6 },
  "update, move to a project": {
    requests: ["GetItem", "TransactWriteItems", "/identity/v1/project/get"],
    read: 1,
    write: 3,
  },

  delete: { requests: [...reads, "TransactWriteItems"], read: 3, write: 18 },
  "delete, all versions kept": { requests: [...reads, "TransactWriteItems"], read: 6, write: 42 },
  "delete, under a trusted secret": { requests: [...reads, "TransactWriteItems"], read: 3, write: 21 },
  "delete, permanently": { requests: ["GetItem", "Query", "TransactWriteItems"], read: 2, write: 10 },
  "delete, unknown": { requests: ["GetItem"], read: 1, failure: "ERROR_NOT_FOUND" },

  "update-data": { requests: ["GetItem", "TransactWriteItems", "GenerateDataKey"], read: 1, write: 8 },
  "update-data, a version leaves": {
    requests: ["GetItem", "TransactWriteItems", "GenerateDataKey"],
    read: 1,
    write: 14,
  },
  "update-data, with a token": {
    requests: ["GetItem", "GetItem", "TransactWriteItems", "GenerateDataKey"],
    read: 2,
    write: 10,
  },
  "update-data, again with the token": { requests: ["GetItem", "GetItem"], read: 2 },
  "update-data, expected version gone": {
    requests: ["GetItem", "GenerateDataKey"],
    read: 1,
    failure: "ERROR_VERSION_CONFLICT",
  },

  "get-data": { requests: ["Query", "Decrypt"], read: 1 },
  "get-data, key cached": { requests: ["Query"], read: 1 },
  "get-data, cache off": { requests: ["Query", "Decrypt"], read: 1 },
  "get-data, a version": { requests: ["GetItem", "Decrypt"], read: 1 },
  "get-data, unless_etag hit": { requests: ["Query"], read: 1 },
  "get-data, sealed": { requests: ["Query"], read: 1 },
  "get-data, under a trusted secret": { requests: ["Query", "Query", "Decrypt", "Decrypt"], read: 2 },
  "get-data, under a trusted secret, keys cached": { requests: ["Query", "Query"], read: 2 },
  "get-data, under a trusted secret, unless_etag hit": { requests: ["Query", "Query"], read: 2 },
  "get-data, caller of the project": { requests: ["Query", "GetItem", "Decrypt"], read: 2 },
  "get-data, caller of another project": { requests: ["Query", "GetItem"], read: 2, failure: "ERROR_NOT_FOUND" },
  "get-data, fifty at once": {
    requests: ["BatchGetItem", "BatchGetItem", ...Array<string>(50).fill("Decrypt")],
    read: 100,
  },
  "get-data, fifty at once, keys cached": { requests: ["BatchGetItem", "BatchGetItem"], read: 100 },
  "get-data, unknown": { requests: ["Query"], failure: "ERROR_NOT_FOUND" },

  get: { requests: ["GetItem"], read: 1 },
  "get, caller of the project": { requests: ["GetItem"], read: 1 },
  "get, unknown": { requests: ["GetItem"], read: 1, failure: "ERROR_NOT_FOUND" },

  list: { requests: ["Query"], read: 2 },
  "list, a page": { requests: ["Query"], read: 2 },
  "list, count_only": { requests: ["Query"], read: 2 },
  "list, by id": { requests: ["BatchGetItem"], read: 1 },
  "list, by name": { requests: ["BatchGetItem", "BatchGetItem"], read: 2 },
  "list, by project": { requests: ["Query"], read: 0.5 },
  "list, a page of 2 MB": { requests: ["Query", "Query", "Query", "BatchGetItem"], read: 599 },
  "list, count_only of 2 MB": { requests: ["Query", "Query", "Query"], read: 560 },

  stat: { requests: ["Query"], read: 2 },
  "stat, of 2 MB": { requests: ["Query", "Query", "Query"], read: 560 },
};

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => await world.close());

it("every case has an expected number of requests", () => {
  expect(Object.keys(expected)).toEqual(Object.keys(cases));
});

it.each(Object.entries(expected))("%s", async (name, { requests, read = 0, write = 0, failure }) => {
  const outcome = await play(name, world);

  const total = (units: "readUnits" | "writeUnits") => outcome.requests.reduce((sum, one) => sum + one[units], 0);
  expect({
    requests: outcome.requests.map(({ operation }) => operation).toSorted(),
    read: total("readUnits"),
    write: total("writeUnits"),
    failure: typeof outcome.answer === "string" ? outcome.answer : undefined,
  }).toEqual({ requests: requests.toSorted(), read, write, failure });
});
