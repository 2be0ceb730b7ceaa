/** Runs the test vectors of list and stat on the running service. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../lib/base/errors.ts";
import { credentials } from "../../tools/local/folder.ts";
import { findDifferences, loadVectors, type Outcome, secrets } from "../vectors/compare.ts";
import { post, stack, tokenFor } from "./service.ts";

let token: string;

beforeAll(async () => {
  token = await tokenFor({ scope: "secret:system" });
  await loadSecrets();
});

/** Writes rows to the table directly, because their ids and times are given. */
async function loadSecrets(): Promise<void> {
  const client = new DynamoDBClient({ endpoint: stack.dynamodb, region: stack.region, credentials });
  const documents = DynamoDBDocumentClient.from(client);
  const requests = secrets.map((row) => {
    return { PutRequest: { Item: Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) } };
  });
  for (let start = 0; start < requests.length; start += 25) {
    const RequestItems = { [stack.tables.secrets]: requests.slice(start, start + 25) };
    await documents.send(new BatchWriteCommand({ RequestItems }));
  }
  client.destroy();
}

async function ask(method: "list" | "stat", request: object): Promise<Outcome> {
  const { status, body } = await post(token, method, request);
  if (status === 200) return body as Outcome;
  return { code: (body as { readonly detail: { readonly code: ErrorCode } }).detail.code };
}

describe.each(["list", "stat"] as const)("%s answers the vectors as expected", (method) => {
  it("for all vectors", async () => {
    const differences: Record<string, readonly string[]> = {};
    for (const vector of loadVectors(method)) {
      const found = findDifferences(vector, await ask(method, vector.request));
      if (found.length > 0) differences[vector.id] = found;
    }

    expect(differences).toEqual({});
  });
});
