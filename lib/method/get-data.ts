/**
 * get_data: returns a version of a secret's data, decrypted or sealed, with its trusted secret's data merged under it.
 */

import { hash } from "node:crypto";
import { inOrder } from "../base/async.ts";
import type { JsonObject } from "../base/json.ts";
import { JsonText, layOver } from "../base/json-text.ts";
import { open } from "../crypto/envelope.ts";
import type { KeyService } from "../crypto/key-service.ts";
import { type BoundData, type SealedAnswer, toSealedAnswer } from "../crypto/sealed-answer.ts";
import type { DataItem, GetDataRequest } from "../request/messages.ts";
import type { BatchReads, DataReads, DataVersion } from "../store/secret-store.ts";
import {
  type Call,
  type ItemAnswer,
  ItemAnswers,
  isMeant,
  notFound,
  readReferenced,
  retryWhenChanged,
} from "./call.ts";
import { contextOf } from "./data-version.ts";

export interface GetDataPorts extends OnePorts {
  readonly secrets: DataReads & BatchReads;
}

/** The ports that one secret needs. */
interface OnePorts {
  readonly secrets: DataReads;
  readonly keys: Pick<KeyService, "unwrapDataKey">;
  /** Seals every answer, as if each request asked for it. */
  readonly sealedOnly: boolean;
}

export interface SecretDataInfo {
  readonly secret_id: string;
  readonly data: JsonText | JsonObject;
  readonly encrypted: boolean;
  readonly encrypt_options: JsonObject;
  /** The version of the secret's own data. */
  readonly version: number;
  readonly etag: string;
  readonly not_modified?: true;
}

interface Found {
  readonly own: DataVersion;
  readonly trusted: DataVersion | null;
}

/** Decrypts a version's data. */
type Open = (row: DataVersion) => Promise<JsonText>;

/** How many items are processed at a time, which limits concurrent requests to KMS and for trusted secrets. */
const width = 8;

/**
 * Returns the data of one secret, or of `items`, each of which fails separately.
 * @throws ERROR_NOT_FOUND (secret, version), ERROR_VERSION_CONFLICT, ERROR_UNAVAILABLE, CorruptDataError
 */
export async function getData(
  request: GetDataRequest,
  call: Call,
  ports: GetDataPorts,
): Promise<SecretDataInfo | ItemAnswers> {
  if (request.items !== null) return await getItems(request, request.items, call, ports);
  return await getOne(request, call, ports, async (row) => await openVersion(row, call, ports.keys));
}

async function getItems(
  request: GetDataRequest,
  items: readonly DataItem[],
  call: Call,
  ports: GetDataPorts,
): Promise<ItemAnswers> {
  const ahead: OnePorts = { ...ports, secrets: await ports.secrets.readAhead(request.domain_id, items, call) };
  const opened = new Map<string, Promise<JsonText>>();
  const openOnce: Open = async (row) => {
    const id = `${row.secretId} ${row.version}`;
    const text = opened.get(id) ?? openVersion(row, call, ports.keys);
    opened.set(id, text);
    return await text;
  };
  const tasks = items.map((item) => async (): Promise<ItemAnswer> => {
    try {
      const result = await getOne({ ...request, ...item }, call, ahead, openOnce);
      return { kind: "answer", reference: item, result };
    } catch (error) {
      // An aborted call is not a failure of the item.
      call.signal?.throwIfAborted();
      return { kind: "failure", reference: item, error };
    }
  });
  const answers: ItemAnswer[] = [];
  for await (const answer of inOrder(tasks, width, call)) answers.push(answer);
  return new ItemAnswers(answers);
}

async function getOne(request: GetDataRequest, call: Call, ports: OnePorts, openRow: Open): Promise<SecretDataInfo> {
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
  return { data: await openData(found, openRow), encrypted: false, encrypt_options: {}, ...current };
}

/** `null` if there is no such secret; `undefined` if newer data was written while the caller's access was checked. */
async function findData(
  secretId: string,
  { domain_id: domainId, name, version }: GetDataRequest,
  call: Call,
  { secrets }: OnePorts,
): Promise<Found | null | undefined> {
  const own = await secrets.findData(domainId, secretId, version, call);
  const trusted = await findTrusted(own, call, secrets);
  // Only a caller limited to projects needs the secret's row; the data's row is enough for all others. It is read last:
  // data that was written after the secret left the caller's projects must not be returned.
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

/** `null` if the secret trusts no other. */
async function findTrusted(
  own: DataVersion | undefined,
  call: Call,
  secrets: OnePorts["secrets"],
): Promise<DataVersion | null | undefined> {
  if (own === undefined || own.trustedSecretId === null) return null;
  return await secrets.findData(own.domainId, own.trustedSecretId, null, call);
}

/** Commitments differ for any two versions, even with the same number, as after a restore of the tables. */
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

async function openData({ own, trusted }: Found, openRow: Open): Promise<JsonText> {
  if (trusted === null) return await openRow(own);
  const [ownText, trustedText] = await Promise.all([openRow(own), openRow(trusted)]);
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
