/**
 * Opens sealed get_data answers in the caller's process, so that the plaintext exists nowhere else. An answer must be
 * for the secret and in the form that was requested. lib/crypto/sealed-answer.ts writes these answers.
 */

import type { KeyObject } from "node:crypto";
import { isObject, type JsonObject } from "../lib/base/json.ts";
import { JsonText, layOver, parseJsonText } from "../lib/base/json-text.ts";
import type { SealedData } from "../lib/crypto/envelope.ts";
import { CorruptDataError, open } from "../lib/crypto/envelope.ts";
import type { EncryptionContext } from "../lib/crypto/key-service.ts";
import type { PartPrefix } from "../lib/crypto/sealed-answer.ts";
import type { CallTime } from "./call.ts";
import type { GetSecretDataRequest, SecretDataInfo } from "./messages.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { type ExactData, withData } from "./secret-data.ts";

/** Unwraps a data key under its context. `options.signal` is the call's signal, if it has one. */
export type Unwrap = (
  wrappedKey: Uint8Array,
  context: EncryptionContext,
  options?: { readonly signal?: AbortSignal },
) => Promise<KeyObject>;

interface Opening {
  /** Without it, sealed data stays sealed. */
  readonly unwrap: Unwrap | undefined;
  readonly time: CallTime;
}

/** An answer as the transport returns it. */
export type DataAnswer = Omit<SecretDataInfo, "data" | "dataText" | "secret_id"> & {
  readonly data: JsonObject | JsonText;
  /** Absent if the service is older than requests by name. */
  readonly secret_id?: string;
};

/** An answer whose secret is known. */
type NamedAnswer = DataAnswer & Pick<SecretDataInfo, "secret_id">;

/** One secret's data in an answer. */
interface SealedPart {
  readonly sealed: Omit<SealedData, "keyId">;
  readonly context: EncryptionContext;
}

/** The data in an answer; `trusted` is merged under `own`. */
interface SealedParts {
  readonly own: SealedPart;
  readonly trusted: SealedPart | undefined;
}

type Fields = { readonly [name: string]: unknown };

/**
 * Opens an answer if it is sealed.
 * @throws SecretApiError if the answer is `not_modified` though the request has no etag, or is not sealed though sealed
 *   data was requested: an attacker who can forge answers must not choose the plaintext
 * @throws what `unseal` throws
 */
export async function openAnswer(
  given: DataAnswer,
  request: GetSecretDataRequest,
  { unwrap, time }: Opening,
): Promise<SecretDataInfo> {
  const answer = withSecretId(given, request);
  if (answer.not_modified) {
    if (!request.unless_etag) throw refused("is that nothing has changed, which was not asked");
    return withData({ ...answer, encrypted: false, encrypt_options: {} }, JsonText.of({}));
  }
  if (answer.encrypted && unwrap !== undefined) return await openWhole(answer, request, { unwrap, time });
  if (request.sealed && !answer.encrypted) throw refused("is in plain, and was asked for sealed");
  return withData(answer, textOf(answer));
}

/**
 * Opens the secret's data, with a trusted secret's data merged under it. `expected` is what was requested: an answer
 * for anything else is refused, even if it would open.
 * @throws TypeError that names the field, if the answer is not sealed data or not the expected
 * @throws CorruptDataError if it does not open, and whatever `unwrap` throws
 */
export async function unseal(
  answer: unknown,
  unwrap: Unwrap,
  expected: Partial<EncryptionContext> = {},
): Promise<ExactData> {
  return withData({}, await openSealed(answer, unwrap, expected));
}

/**
 * Opens only the secret's own data, without its trusted secret's: for backups, and to find changes.
 * @throws what `unseal` throws
 */
export async function unsealOwn(
  answer: unknown,
  unwrap: Unwrap,
  expected: Partial<EncryptionContext>,
): Promise<ExactData> {
  const { own } = parseSealedAnswer(answer);
  assertContext(own.context, expected);
  return withData({}, await openPart(own, unwrap));
}

/**
 * An attacker who can write to the service's tables can seal data for any domain under a key of their own. Only the
 * caller knows which domain it must be.
 * @throws TypeError if the domain is not known
 */
export function assertDomain(domainId: string | undefined): asserts domainId is string {
  if (!domainId) {
    throw new TypeError("Sealed data needs a domain: set domain_id in the request, or in the client.");
  }
}

/** For a request by name, only the service can say which secret it is. */
function withSecretId(answer: DataAnswer, request: GetSecretDataRequest): NamedAnswer {
  const { secret_id = request.secret_id } = answer;
  if (secret_id === undefined) throw refused("does not say which secret it is of");
  if (request.secret_id && secret_id !== request.secret_id) {
    throw new TypeError("The answer is for another secret_id.");
  }
  return { ...answer, secret_id };
}

async function openWhole(
  answer: NamedAnswer,
  { domain_id, version }: GetSecretDataRequest,
  { unwrap, time }: Opening & { readonly unwrap: Unwrap },
): Promise<SecretDataInfo> {
  // The version beside the sealed data must be right, too, because callers rely on it.
  if (version && answer.version !== version) throw new TypeError("The sealed answer is for another version.");
  assertDomain(domain_id);
  const expected = { secret_id: answer.secret_id, domain_id, version: String(answer.version) };
  const unwrapInTime: Unwrap = async (key, context) => await unwrap(key, context, { signal: time.signal });
  const sealed = { ...answer, data: textOf(answer).parse() };
  const text = await openSealed(sealed, unwrapInTime, expected);
  return withData({ ...answer, encrypted: false, encrypt_options: {} }, text);
}

function textOf({ data }: DataAnswer): JsonText {
  return data instanceof JsonText ? data : JsonText.of(data);
}

function refused(sentence: string): SecretApiError {
  return new SecretApiError("ERROR_UNKNOWN", `The answer is refused: it ${sentence}.`);
}

async function openSealed(answer: unknown, unwrap: Unwrap, expected: Partial<EncryptionContext>): Promise<JsonText> {
  const { own, trusted } = parseSealedAnswer(answer);
  assertContext(own.context, expected);
  // Only the trusted secret that the data was sealed for may be merged under it.
  if (own.context.trusted_secret_id !== trusted?.context.secret_id) {
    throw new CorruptDataError();
  }
  const [ownData, trustedData] = await Promise.all([openPart(own, unwrap), trusted && openPart(trusted, unwrap)]);
  return trustedData === undefined ? ownData : layOver(ownData, trustedData);
}

function assertContext(context: EncryptionContext, expected: Partial<EncryptionContext>): void {
  const actual: { readonly [name: string]: string } = context;
  const other = Object.entries(expected).find(([name, value]) => actual[name] !== value);
  if (other !== undefined) {
    throw new TypeError(`The sealed answer is for another ${other[0]}.`);
  }
}

async function openPart({ sealed, context }: SealedPart, unwrap: Unwrap): Promise<JsonText> {
  return parseData(open(sealed, await unwrap(sealed.encryptedDataKey, context), context));
}

/** The parser's own message would quote the secret. */
function parseData(plaintext: Uint8Array): JsonText {
  try {
    return parseJsonText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext));
  } catch {
    throw new CorruptDataError();
  }
}

/** @throws TypeError that names the field, if the answer is not sealed data */
function parseSealedAnswer(answer: unknown): SealedParts {
  if (!isObject(answer) || answer["encrypted"] !== true) {
    throw malformed("encrypted", "true");
  }
  const fields = { ...getObject(answer, "data"), ...getObject(answer, "encrypt_options") };
  if (fields["encrypt_type"] !== "AWS_KMS") {
    throw malformed("encrypt_type", "AWS_KMS");
  }
  const isTrusting = Object.hasOwn(fields, "trusted_encrypted_data");
  return { own: parsePart("", fields), trusted: isTrusting ? parsePart("trusted_", fields) : undefined };
}

function parsePart(prefix: PartPrefix, fields: Fields): SealedPart {
  const context = getObject(fields, `${prefix}encrypt_context`);
  return {
    sealed: {
      encryptedData: getBytes(fields, `${prefix}encrypted_data`),
      encryptedDataKey: getBytes(fields, `${prefix}encrypted_data_key`),
      nonce: getBytes(fields, `${prefix}nonce`),
      salt: getBytes(fields, `${prefix}salt`),
      commitment: getBytes(fields, `${prefix}commitment`),
      algorithm: getText(fields, `${prefix}encrypt_algorithm`),
    },
    context: {
      domain_id: getText(context, "domain_id"),
      secret_id: getText(context, "secret_id"),
      version: getText(context, "version"),
      ...(Object.hasOwn(context, "trusted_secret_id") && { trusted_secret_id: getText(context, "trusted_secret_id") }),
    },
  };
}

function getObject(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (!isObject(value)) {
    throw malformed(name, "an object");
  }
  return value;
}

function getText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") {
    throw malformed(name, "a string");
  }
  return value;
}

/** Strict, unlike `Buffer.from`, which skips characters that are not base64. */
function getBytes(fields: Fields, name: string): Buffer {
  const text = getText(fields, name);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) {
    throw malformed(name, "base64");
  }
  return bytes;
}

function malformed(name: string, type: string): TypeError {
  return new TypeError(`The answer is not sealed data: ${name} is not ${type}.`);
}
