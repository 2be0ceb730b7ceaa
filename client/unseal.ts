/** Opens a sealed get_data answer where the data is used, so that the plaintext exists nowhere before. */

import type { KeyObject } from "node:crypto";
import { type JsonText, layOver, parseJsonText } from "../lib/base/json-text.ts";
import { CorruptDataError } from "../lib/crypto/corrupt-data-error.ts";
import { open } from "../lib/crypto/envelope.ts";
import type { EncryptionContext } from "../lib/crypto/key-service.ts";
import { parseSealedAnswer, type SealedPart } from "./sealed-answer.ts";
import { type ExactData, withData } from "./secret-data.ts";

/** Unwraps a data key under its context. `options.signal` is the call's, where it has one. */
export type Unwrap = (
  wrappedKey: Uint8Array,
  context: EncryptionContext,
  options?: { readonly signal?: AbortSignal },
) => Promise<KeyObject>;

/**
 * The secret's data, with a trusted secret's laid under it. `expected` is what was asked for: an answer for anything
 * else is refused, even one that would open.
 * @throws TypeError naming the field when the answer is not sealed data, or not the expected
 * @throws CorruptDataError when it does not open, and what `unwrap` throws
 */
export async function unseal(
  answer: unknown,
  unwrap: Unwrap,
  expected: Partial<EncryptionContext> = {},
): Promise<ExactData> {
  return withData({}, await openSealed(answer, unwrap, expected));
}

/** The same as text. */
export async function openSealed(
  answer: unknown,
  unwrap: Unwrap,
  expected: Partial<EncryptionContext>,
): Promise<JsonText> {
  const { own, trusted } = parseSealedAnswer(answer);
  assertContext(own.context, expected);
  // Nor may another secret's data be laid under it than the one that it was sealed for.
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

/** A parser's own message would quote the secret. */
function parseData(plaintext: Uint8Array): JsonText {
  try {
    return parseJsonText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext));
  } catch {
    throw new CorruptDataError();
  }
}
