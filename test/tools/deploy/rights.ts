/**
 * What each function may do on AWS. The packaged template, and the requests that the functions really make, are both
 * compared with this table.
 */

import type { Route } from "../../../lib/http/routes.ts";

/** IAM conditions of rights. */
export const conditions = {
  /** KMS makes and unwraps a data key only under the context that binds it to its row. */
  "bound to a row": {
    "ForAllValues:StringEquals": {
      "kms:EncryptionContextKeys": ["domain_id", "secret_id", "version", "trusted_secret_id"],
    },
    Null: {
      "kms:EncryptionContext:domain_id": "false",
      "kms:EncryptionContext:secret_id": "false",
      "kms:EncryptionContext:version": "false",
    },
  },
  /** Lists versions, but reads only their keys. */
  "keys alone": {
    "ForAllValues:StringEquals": { "dynamodb:Attributes": ["secret", "version"] },
    Null: { "dynamodb:Attributes": "false" },
    StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
  },
} as const;

/** `action resource`, or `action resource, condition`. */
export const rights: { readonly [Name in Route]: readonly string[] } = {
  create: [
    "dynamodb:PutItem secrets",
    "dynamodb:UpdateItem secrets",
    "dynamodb:PutItem names",
    "dynamodb:PutItem data",
    "dynamodb:GetItem tokens",
    "dynamodb:PutItem tokens",
    "kms:GenerateDataKey key, bound to a row",
  ],
  update: [
    "dynamodb:GetItem secrets",
    "dynamodb:UpdateItem secrets",
    "dynamodb:PutItem names",
    "dynamodb:DeleteItem names",
  ],
  delete: [
    "dynamodb:GetItem secrets",
    "dynamodb:DeleteItem secrets",
    "dynamodb:UpdateItem secrets",
    "dynamodb:DeleteItem names",
    "dynamodb:DeleteItem data",
    "dynamodb:GetItem data",
    "dynamodb:Query data, keys alone",
    "dynamodb:PutItem deleted",
  ],
  "update-data": [
    "dynamodb:GetItem secrets",
    "dynamodb:UpdateItem secrets",
    "dynamodb:PutItem data",
    "dynamodb:DeleteItem data",
    "dynamodb:GetItem tokens",
    "dynamodb:PutItem tokens",
    "kms:GenerateDataKey key, bound to a row",
  ],
  "get-data": [
    "dynamodb:GetItem secrets",
    "dynamodb:GetItem names",
    "dynamodb:GetItem data",
    ...["secrets", "names", "data"].map((table) => `dynamodb:BatchGetItem ${table}`),
    "dynamodb:Query data",
    "kms:Decrypt key, bound to a row",
  ],
  get: ["dynamodb:GetItem secrets", "dynamodb:GetItem names"],
  list: [
    "dynamodb:Query secrets",
    "dynamodb:Query secrets/index/*",
    "dynamodb:BatchGetItem secrets",
    "dynamodb:BatchGetItem names",
  ],
  stat: ["dynamodb:Query secrets", "dynamodb:Query secrets/index/*"],
};

/** With `sealedOnly`, get-data has no right to decrypt, so that it cannot leak plaintext. */
export const sealedRights: typeof rights = {
  ...rights,
  "get-data": rights["get-data"].filter((right) => !right.startsWith("kms:")),
};

/** With `deletedKeptDays` 0, nothing of deleted secrets is kept. */
export const unkeptRights: typeof rights = {
  ...rights,
  delete: rights.delete.filter((right) => right !== "dynamodb:GetItem data" && !right.endsWith(" deleted")),
};
