/** What a get_data answer must be to be taken: what was asked for, and in the form that was asked for. */

import type { JsonObject } from "../lib/base/json.ts";
import { JsonText } from "../lib/base/json-text.ts";
import type { CallTime } from "./call-options.ts";
import type { GetSecretDataRequest, SecretDataInfo } from "./messages.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { withData } from "./secret-data.ts";
import { openSealed, type Unwrap } from "./unseal.ts";

interface Opening {
  /** Without one, sealed data stays as it comes. */
  readonly unwrap: Unwrap | undefined;
  readonly time: CallTime;
}

/** As a transport gives it. */
export type DataAnswer = Omit<SecretDataInfo, "data" | "dataText"> & { readonly data: JsonObject | JsonText };

/**
 * The answer, opened where it is sealed.
 * @throws SecretApiError where it tells of no change to who has no data, or is plain though it was asked for sealed:
 *   whoever answers must not choose the plaintext that a caller of sealed data gets
 * @throws as `unseal` does
 */
export async function openAnswer(
  answer: DataAnswer,
  request: GetSecretDataRequest,
  { unwrap, time }: Opening,
): Promise<SecretDataInfo> {
  if (answer.not_modified) {
    if (!request.unless_etag) throw refused("is that nothing has changed, which was not asked");
    return withData({ ...answer, encrypted: false, encrypt_options: {} }, JsonText.of({}));
  }
  if (answer.encrypted && unwrap !== undefined) return await open(answer, request, { unwrap, time });
  if (request.sealed && !answer.encrypted) throw refused("is in plain, and was asked for sealed");
  return withData(answer, textOf(answer));
}

async function open(
  answer: DataAnswer,
  { domain_id, secret_id, version }: GetSecretDataRequest,
  { unwrap, time }: Opening & { readonly unwrap: Unwrap },
): Promise<SecretDataInfo> {
  // What it says beside the sealed data counts as well: callers go by it.
  if (version && answer.version !== version) throw new TypeError("The sealed answer is for another version.");
  const expected = { secret_id, ...(domain_id && { domain_id }), version: String(answer.version) };
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
