/** get_data: a version of a secret's data, opened or sealed, with the trusted secret's data laid under it. */

import { hash } from "node:crypto";
import type { JsonObject } from "../base/json.ts";
import { JsonText, layOver } from "../base/json-text.ts";
import { open } from "../crypto/envelope.ts";
import type { KeyService } from "../crypto/key-service.ts";
import { type BoundData, type SealedAnswer, toSealedAnswer } from "../crypto/sealed-answer.ts";
import type { GetDataRequest } from "../request/messages.ts";
import type { DataVersion, SecretReads } from "../store/secret-store.ts";
import { type Call, isMeant, notFound, readReferenced, retryWhenChanged } from "./call.ts";
import { contextOf } from "./data-version.ts";

export interface GetDataPorts {
  readonly secrets: Pick<SecretReads, "findSecret" | "findIdByName" | "findData">;
  readonly keys: Pick<KeyService, "unwrapDataKey">;
  /** Whether every answer is sealed, as if each request asked for it. */
  readonly sealedOnly: boolean;
}

export interface SecretDataInfo {
  readonly secret_id: string;
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

/** @throws ERROR_NOT_FOUND (secret, version), ERROR_VERSION_CONFLICT, ERROR_UNAVAILABLE, CorruptDataError */
export async function getData(request: GetDataRequest, call: Call, ports: GetDataPorts): Promise<SecretDataInfo> {
  const found = await readReferenced(request, call, ports.secrets, async (secretId) => {
    const subject = { key: "secret_id", value: secretId };
    const read = await retryWhenChanged(subject, call, async () => await findData(secretId, request, call, ports));
    return read ?? undefined;
  });
  const { secretId, version } = found.own;
  const current = { secret_id: secretId, version, etag: etagOf(found) };
  if (request.unless_etag === current.etag) {
    return { data: {}, encrypted: false, encrypt_options: {}, ...current, not_modified: true };
  }
  if (request.sealed === true || ports.sealedOnly) return { ...sealedAnswer(found), ...current };
  const data = await openData(found, call, ports.keys);
  return { data, encrypted: false, encrypt_options: {}, ...current };
}

/** `null` where there is no such secret; `undefined` when newer data came while the caller's right to it was looked up. */
async function findData(
  secretId: string,
  { domain_id: domainId, name, version }: GetDataRequest,
  call: Call,
  { secrets }: GetDataPorts,
): Promise<Found | null | undefined> {
  const own = await secrets.findData(domainId, secretId, version, call);
  const trusted = await findTrusted(own, call, secrets);
  // Only callers limited to projects need the row: for the others the data's own row tells all, in one request. It comes
  // last: what was written after the secret had left the caller's projects is not the caller's to see.
  const isLimited = call.principal.projects !== null;
  const secret = isLimited ? await secrets.findSecret(domainId, secretId, call) : null;
  if (secret !== null && !isMeant(secret, name, call)) return null;
  if (own === undefined) {
    if (version === null) return null;
    throw notFound("version", `${version}`);
  }
  if (trusted === undefined) throw notFound("trusted_secret_id", `${own.trustedSecretId}`);
  const isOutdated = version === null && own.version < (secret?.version ?? 0);
  return isOutdated ? undefined : { own, trusted };
}

/** `null` where the data lies over no other. */
async function findTrusted(
  own: DataVersion | undefined,
  call: Call,
  secrets: GetDataPorts["secrets"],
): Promise<DataVersion | null | undefined> {
  if (own === undefined || own.trustedSecretId === null) return null;
  return await secrets.findData(own.domainId, own.trustedSecretId, null, call);
}

/** The commitments tell one version's data from any other's, also after tables were restored to an earlier time. */
function etagOf({ own, trusted }: Found): string {
  const commitments = trusted === null ? own.commitment : Buffer.concat([own.commitment, trusted.commitment]);
  return `${own.version}-${hash("sha256", commitments, "base64url").slice(0, 22)}`;
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
  return layOver(ownText, trustedText);
}

async function openVersion(row: DataVersion, call: Call, keys: GetDataPorts["keys"]): Promise<JsonText> {
  const context = contextOf(row);
  const dataKey = await keys.unwrapDataKey(row.encryptedDataKey, context, call);
  const plaintext = open(row, dataKey, context);
  try {
    return new JsonText(plaintext.toString());
  } finally {
    plaintext.fill(0);
  }
}
