/** From an answer with sealed data to one with the data itself. */

import type { CallTime } from "./call-options.ts";
import type { GetSecretDataRequest, SecretDataInfo } from "./messages.ts";
import { type Unwrap, unseal } from "./unseal.ts";

/** Opens what was asked for, and nothing else: throws as `unseal` does. */
export async function openAnswer(
  answer: SecretDataInfo,
  { domain_id, secret_id, version }: GetSecretDataRequest,
  { unwrap, time }: { readonly unwrap: Unwrap; readonly time: CallTime },
): Promise<SecretDataInfo> {
  const expected = { secret_id, ...(domain_id && { domain_id }), ...(version && { version: String(version) }) };
  const unwrapInTime: Unwrap = async (key, context) => await unwrap(key, context, { signal: time.signal });
  return { ...answer, data: await unseal(answer, unwrapInTime, expected), encrypted: false, encrypt_options: {} };
}
