/** What a get_data answer must be to be taken: what was asked for, and in the form that was asked for. */

import type { CallTime } from "./call-options.ts";
import type { GetSecretDataRequest, SecretDataInfo } from "./messages.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { type Unwrap, unseal } from "./unseal.ts";

interface Opening {
  /** Without one, sealed data stays as it comes. */
  readonly unwrap: Unwrap | undefined;
  readonly time: CallTime;
}

/**
 * The answer, opened where it is sealed.
 * @throws SecretApiError where it tells of no change to who has no data, or is plain though it was asked for sealed:
 *   whoever answers must not choose the plaintext that a caller of sealed data gets
 * @throws as `unseal` does
 */
export async function openAnswer(
  answer: SecretDataInfo,
  request: GetSecretDataRequest,
  { unwrap, time }: Opening,
): Promise<SecretDataInfo> {
  if (answer.not_modified) {
    if (!request.unless_etag) throw refused("is that nothing has changed, which was not asked");
    return { ...answer, data: {}, encrypted: false, encrypt_options: {} };
  }
  if (answer.encrypted) return unwrap === undefined ? answer : await open(answer, request, { unwrap, time });
  if (request.sealed) throw refused("is in plain, and was asked for sealed");
  return answer;
}

async function open(
  answer: SecretDataInfo,
  { domain_id, secret_id, version }: GetSecretDataRequest,
  { unwrap, time }: Opening & { readonly unwrap: Unwrap },
): Promise<SecretDataInfo> {
  // What it says beside the sealed data counts as well: callers go by it.
  if (version && answer.version !== version) throw new TypeError("The sealed answer is for another version.");
  const expected = { secret_id, ...(domain_id && { domain_id }), version: String(answer.version) };
  const unwrapInTime: Unwrap = async (key, context) => await unwrap(key, context, { signal: time.signal });
  return { ...answer, data: await unseal(answer, unwrapInTime, expected), encrypted: false, encrypt_options: {} };
}

function refused(sentence: string): SecretApiError {
  return new SecretApiError("ERROR_UNKNOWN", `The answer is refused: it ${sentence}.`);
}
