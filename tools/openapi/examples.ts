/**
 * Examples of each operation: requests from the sample events in events/, and answers of a fresh local stack. The events
 * need secrets with fixed ids, and the service makes random ones: so the stack starts with the sample secrets.
 */

import { readFileSync } from "node:fs";
import * as v from "valibot";
import { isObject, type JsonObject } from "../../lib/base/json.ts";
import type { Route } from "../../lib/http/routes.ts";
import type { Secret } from "../../lib/secret/secret.ts";

export interface Example {
  readonly summary: string;
  readonly request: JsonObject;
  readonly answer: JsonObject;
}

interface Row {
  /** The name of the file in events/. */
  readonly event: string;
  readonly summary: string;
  /** The answer, if the event is sent before any that writes. */
  readonly answer: JsonObject;
}

const sampleId = "secret-000000000001";

/** Each deleting event has its own secret, so that the events can run in any order. */
const samplesToDelete = [
  { secret_id: "secret-000000000002", name: "sample-to-delete" },
  { secret_id: "secret-000000000003", name: "sample-to-delete-over-http" },
] as const;

/** The data of all sample secrets. */
export const sampleData = { user: "ada", password: "s3cr3t" } as const;

const samples = sampleSecrets("2026-01-01T00:00:00.000Z").map((secret): JsonObject => ({ ...secret }));
const [sample = {}] = samples;

const created: JsonObject = {
  ...{ ...sample, secret_id: "secret-3b194b9310a8", tags: { env: "dev", team: "core" }, project_id: "project-1" },
};

const etag = "1-npfmSAtlu-4Oeuzz9kFl5y";

const opened: JsonObject = {
  ...{ data: sampleData, encrypted: false, encrypt_options: {}, secret_id: sampleId, version: 1, etag },
};

const absent: JsonObject = {
  name: "nobody",
  error: {
    code: "ERROR_NOT_FOUND",
    message: "Resource cannot be found or access is denied. (name = nobody)",
  },
};

const sealed: JsonObject = {
  data: { encrypted_data: "/FLpuZHZDrVWJqi3b/z/h0cq6rurPGW7tuZ/jphRZy5o7BO8XeO9rZn9yIQsr73x" },
  encrypted: true,
  encrypt_options: {
    encrypt_type: "AWS_KMS",
    encrypt_algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
    encrypted_data_key:
      "AfIzWtxvwk/Hl13OU6MEmlQAAAD3szo/jw5SoTqRQ8FBJvCbdPlXcSokXudPNfWayuypYl54eWr42IspbH4eTsbXnCEoLLB3kBLBjq3x8g==",
    nonce: "swfApDDy/0xfWnbZ",
    salt: "jnwnnVUJmRnq+I52dTTROBu2QqbqHnqgcEnX0NHmpBc=",
    commitment: "mnP3rDIhiBfFRwtHH2u3ms5xIjvUHb3xi1Uv0vMhXzM=",
    encrypt_context: { domain_id: "domain-sample", secret_id: sampleId, version: "1" },
  },
  secret_id: sampleId,
  version: 1,
  etag,
};

/** The reference page offers the first example of each route. */
const rows: { readonly [Name in Route]: readonly Row[] } = {
  create: [
    { event: "create.http", summary: "Create a secret", answer: { ...created, name: "sample-created-over-http" } },
    { event: "create", summary: "Create a secret with a client token", answer: { ...created, name: "sample-created" } },
  ],
  get: [
    { event: "get", summary: "All fields", answer: sample },
    { event: "get.http", summary: "Some fields", answer: { name: "sample", tags: { env: "dev" }, version: 1 } },
  ],
  update: [
    {
      event: "update",
      summary: "Move into a project",
      answer: { ...sample, tags: { env: "prod", team: "core" }, project_id: "project-1" },
    },
    { event: "update.http", summary: "Remove from its project", answer: sample },
  ],
  delete: [
    { event: "delete", summary: "Delete a secret", answer: {} },
    { event: "delete.http", summary: "Delete permanently", answer: {} },
  ],
  "get-data": [
    { event: "get-data", summary: "Decrypted data", answer: opened },
    { event: "get-data.http", summary: "Sealed data", answer: sealed },
    { event: "get-data.by-name", summary: "By name", answer: opened },
    { event: "get-data.items", summary: "Several secrets", answer: { results: [opened, absent] } },
  ],
  "update-data": [
    { event: "update-data", summary: "Replace the data", answer: {} },
    { event: "update-data.http", summary: "Replace the data again", answer: {} },
  ],
  list: [
    {
      event: "list",
      summary: "By a tag, newest first",
      answer: { results: samples, total_count: 3 },
    },
    {
      event: "list.http",
      summary: "By a keyword, with minimal fields",
      answer: {
        results: samples.map(({ secret_id = null, name = null, secret_type = null }) => ({
          secret_id,
          name,
          secret_type,
        })),
        total_count: 3,
      },
    },
  ],
  stat: [
    { event: "stat", summary: "Count by provider", answer: { results: [{ provider: "aws", secrets: 3 }] } },
    { event: "stat.http", summary: "All values of a tag", answer: { results: ["dev"] } },
  ],
};

const httpEvent = v.object({ body: v.pipe(v.string(), v.parseJson(), v.custom<JsonObject>(isObject)) });
const directEvent = v.custom<JsonObject>(isObject);

export function examplesOf(route: Route): readonly Example[] {
  return rows[route].map(({ event, summary, answer }) => ({ summary, request: readRequest(event), answer }));
}

/** All sample secrets, as created at `now`. */
export function sampleSecrets(now: string): readonly Secret[] {
  const sample: Secret = {
    secret_id: sampleId,
    name: "sample",
    secret_type: "CREDENTIALS",
    tags: { env: "dev" },
    schema: "aws_access_key",
    provider: "aws",
    service_account_id: null,
    project_id: null,
    trusted_secret_id: null,
    domain_id: "domain-sample",
    created_at: now,
    updated_at: now,
    version: 1,
    expires_at: null,
  };
  return [sample, ...samplesToDelete.map((secret) => ({ ...sample, ...secret }))];
}

/** The request in an event. Over HTTP the token has the domain. */
function readRequest(name: string): JsonObject {
  const event: unknown = JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), "utf8"));
  if (name.endsWith(".http")) return v.parse(httpEvent, event).body;
  const { domain_id: _, ...message } = v.parse(directEvent, event);
  return message;
}
