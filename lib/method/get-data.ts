/** get_data: a version of a secret's data, opened or sealed, with the trusted secret's data laid under it. */

import { createHash } from "node:crypto";
import type { JsonObject } from "../base/json.ts";
import { JsonText } from "../base/json-text.ts";
import { open } from "../crypto/envelope.ts";
import type { KeyService } from "../crypto/key-service.ts";
import { type BoundData, type SealedAnswer, toSealedAnswer } from "../crypto/sealed-answer.ts";
import type { GetDataRequest } from "../request/get-data.ts";
import type { DataVersion, SecretReads } from "../store/secret-store.ts";
import { getVisibleSecret, notFound } from "./access.ts";
import type { Call } from "./call.ts";
import { contextOf } from "./sealing.ts";

export interface GetDataPorts {
  readonly secrets: Pick<SecretReads, "findSecret" | "findData">;
  readonly keys: Pick<KeyService, "unwrapDataKey">;
  /** Whether every answer is sealed, as if each request asked for it. */
  readonly sealedOnly: boolean;
}

export interface SecretDataInfo {
  readonly data: JsonText | JsonObject;
  readonly encrypted: boolean;
  readonly encrypt_options: JsonObject;
  /** Of the secret's own data. */
  readonly version: number;
  readonly etag: string;
  readonly not_modified?: true;
}

interface Found {
  readonly own: DataVersion;
  readonly trusted: DataVersion | null;
}

/** @throws ERROR_NOT_FOUND (secret, version), ERROR_UNAVAILABLE, CorruptDataError */
export async function getData(request: GetDataRequest, call: Call, ports: GetDataPorts): Promise<SecretDataInfo> {
  const { domain_id: domainId, secret_id: secretId } = request;
  // Only they need the row: for the others the data's own row tells all, in one request.
  if (call.principal.projects !== null) await getVisibleSecret(domainId, secretId, call, ports.secrets);
  const found = await findData(request, call, ports);
  const current = { version: found.own.version, etag: etagOf(found) };
  if (request.unless_etag === current.etag) {
    return { data: {}, encrypted: false, encrypt_options: {}, ...current, not_modified: true };
  }
  if (request.sealed === true || ports.sealedOnly) return { ...sealedAnswer(found), ...current };
  const data = await openData(found, call, ports.keys);
  return { data, encrypted: false, encrypt_options: {}, ...current };
}

async function findData(request: GetDataRequest, call: Call, ports: GetDataPorts): Promise<Found> {
  const { domain_id: domainId, secret_id: secretId, version } = request;
  const own = await ports.secrets.findData(domainId, secretId, version, call);
  if (own === undefined) throw version === null ? notFound("secret_id", secretId) : notFound("version", `${version}`);
  if (own.trustedSecretId === null) return { own, trusted: null };
  const trusted = await ports.secrets.findData(domainId, own.trustedSecretId, null, call);
  if (trusted === undefined) throw notFound("trusted_secret_id", own.trustedSecretId);
  return { own, trusted };
}

/** The commitments tell one version's data from any other's, also after tables were restored to an earlier time. */
function etagOf({ own, trusted }: Found): string {
  const hash = createHash("sha256").update(own.commitment);
  if (trusted !== null) hash.update(trusted.commitment);
  return `${own.version}-${hash.digest("base64url").slice(0, 22)}`;
}

function sealedAnswer({ own, trusted }: Found): SealedAnswer {
  return trusted === null ? toSealedAnswer(bound(own)) : toSealedAnswer(bound(own), bound(trusted));
}

function bound(row: DataVersion): BoundData {
  return { sealed: row, context: contextOf(row) };
}

async function openData({ own, trusted }: Found, call: Call, keys: GetDataPorts["keys"]): Promise<JsonText> {
  if (trusted === null) return await openVersion(own, call, keys);
  const [ownText, trustedText] = await Promise.all([openVersion(own, call, keys), openVersion(trusted, call, keys)]);
  return JsonText.of({ ...trustedText.parse(), ...ownText.parse() });
}

async function openVersion(row: DataVersion, call: Call, keys: GetDataPorts["keys"]): Promise<JsonText> {
  const context = contextOf(row);
  const dataKey = await keys.unwrapDataKey(row.encryptedDataKey, context, call);
  const plaintext = open(row, dataKey, context);
  try {
    return new JsonText(new TextDecoder().decode(plaintext));
  } finally {
    plaintext.fill(0);
  }
}
