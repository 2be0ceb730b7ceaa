/** The schemas of answers. None is closed, because later releases may add members. */

import type { SecretField } from "../../lib/secret/secret.ts";
import { notesOf } from "./field-notes.ts";
import { anyObject, described, listOf, nullable, ref, type Schema, type Schemas } from "./schema.ts";

const text: Schema = { type: "string" };
const time: Schema = { type: "string", format: "date-time" };
const version: Schema = { type: "integer", minimum: 1 };
const base64: Schema = { type: "string", contentEncoding: "base64" };

const infoFields: { readonly [Name in SecretField]: Schema } = {
  secret_id: { ...text, pattern: "^secret-[0-9a-f]{12}$" },
  name: text,
  secret_type: { type: "string", enum: ["CREDENTIALS"] },
  tags: anyObject,
  schema: nullable(text),
  provider: nullable(text),
  service_account_id: nullable(text),
  project_id: nullable(text),
  trusted_secret_id: nullable(text),
  domain_id: text,
  created_at: time,
  updated_at: nullable(time),
  version: nullable(version),
  expires_at: nullable(time),
};

const info: Schemas = Object.fromEntries(
  Object.entries(infoFields).map(([name, schema]) => [name, described(notesOf(null, name), schema)]),
);

const dataInfo: Schemas = {
  secret_id: described(notesOf(null, "secret_id"), infoFields.secret_id),
  version: described("The version of the secret's own data.", version),
  etag: described("Changes whenever the returned data changes.", text),
};

/** Members about a secret's data in a sealed answer. Those of its trusted secret begin with `trusted_`. */
const envelope: Schemas = {
  encrypt_algorithm: text,
  encrypted_data_key: base64,
  nonce: base64,
  salt: base64,
  commitment: base64,
  encrypt_context: described("KMS's encryption context.", { type: "object", additionalProperties: text }),
};

function trusted(fields: Schemas): Schemas {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [`trusted_${name}`, schema]));
}

function message(properties: Schemas, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

const shown: Schema = { anyOf: [ref("SecretInfo"), ref("SecretInfoPart")] };

export const answerSchemas: Schemas = {
  Empty: described("The message without fields.", anyObject),
  SecretInfo: described("A secret's metadata. All fields are present, with `null` for unset ones.", message(info)),
  SecretInfoPart: described("The requested fields of a secret's metadata.", {
    ...message(info, Object.keys(info)),
  }),
  ShownSecret: described("All metadata, or the fields that `only` or `minimal` select.", shown),
  SecretsInfo: message({
    results: listOf(ref("ShownSecret")),
    total_count: described("The number of all matching secrets, whatever the page.", { type: "integer", minimum: 0 }),
  }),
  SecretDataAnswer: described("The data of one secret, or of several.", {
    anyOf: [ref("OpenData"), ref("SealedData"), ref("UnchangedData"), ref("SecretsData")],
  }),
  SecretsData: described(
    "The answer to `items`, in the same order.",
    message({ results: described("One result for each item.", listOf(ref("SecretDataResult"))) }),
  ),
  SecretDataResult: {
    anyOf: [ref("OpenData"), ref("SealedData"), ref("UnchangedData"), ref("FailedItem")],
  },
  FailedItem: described("Why there is no data of this secret. It is identified as in the request.", {
    ...message({ secret_id: text, name: text, error: message({ code: text, message: text }) }, ["secret_id", "name"]),
  }),
  OpenData: described("The data in plain text. With a trusted secret, it is merged over the trusted secret's data.", {
    ...message({ data: anyObject, encrypted: { const: false }, encrypt_options: anyObject, ...dataInfo }),
  }),
  SealedData: described("The encrypted data; docs/envelope.md says how to decrypt it.", {
    ...message({
      data: message({ encrypted_data: base64, ...trusted({ encrypted_data: base64 }) }, ["trusted_encrypted_data"]),
      encrypted: { const: true },
      encrypt_options: message(
        { encrypt_type: { const: "AWS_KMS" }, ...envelope, ...trusted(envelope) },
        Object.keys(trusted(envelope)),
      ),
      ...dataInfo,
    }),
  }),
  UnchangedData: described("The data still has the etag of `unless_etag`.", {
    ...message({
      data: { ...anyObject, maxProperties: 0 },
      encrypted: { const: false },
      encrypt_options: { ...anyObject, maxProperties: 0 },
      ...dataInfo,
      not_modified: { const: true },
    }),
  }),
  SecretStatInfo: message(
    {
      results: described("The rows of the last stage, or the values of `distinct`.", { type: "array", items: {} }),
      total_count: described("The number of all rows; only present with `page.limit`.", {
        type: "integer",
        minimum: 0,
      }),
    },
    ["total_count"],
  ),
};
