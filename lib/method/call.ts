/** What every method is given beside its request, and what methods share: who sees what, repeats, the size of answers. */

import { type Abortable, backOff } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";
import { type Principal, seesProject } from "../secret/principal.ts";
import type { StoredSecret } from "../secret/secret.ts";
import type { SecretReads } from "../store/secret-store.ts";

export interface Call extends Abortable {
  readonly principal: Principal;
  readonly now: Date;
  /** Time left of the invocation. */
  readonly remainingMs: () => number;
}

/** A verb of the API: a function of its request, the caller and the ports it uses. */
export type Method<Request, Ports, Result> = (request: Request, call: Call, ports: Ports) => Promise<Result>;

/** Enough for a handful of writers at once; more of them are told so. */
const maxAttempts = 5;

/** Lambda returns 6 MB at most, counted on the JSON that it makes of the answer; some room is for its frame. */
export const maxAnswerBytes = 6_275_072;

export function notFound(key: string, value: string): SecretError {
  return new SecretError("ERROR_NOT_FOUND", { key, value });
}

/** @throws ERROR_NOT_FOUND also for a secret that the caller may not see: its existence is not told. */
export async function getVisibleSecret(
  domainId: string,
  secretId: string,
  call: Call,
  secrets: Pick<SecretReads, "findSecret">,
): Promise<StoredSecret> {
  const secret = await secrets.findSecret(domainId, secretId, call);
  if (secret === undefined || !seesProject(call.principal, secret.project_id)) throw notFound("secret_id", secretId);
  return secret;
}

/** @throws ERROR_PERMISSION_DENIED when the caller may not put a secret into this project (`null`: into none). */
export function assertMayAssign(call: Call, projectId: string | null): void {
  if (!seesProject(call.principal, projectId)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
}

/**
 * Reads, decides and writes again when another writer came between the read and the write.
 * @param attempt returns `undefined` when the row was changed since it was read.
 * @throws ERROR_VERSION_CONFLICT when every attempt met another writer.
 */
export async function retryWhenChanged<Result>(
  subject: { readonly key: string; readonly value: string },
  options: Abortable,
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let made = 1; ; made++) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (made === maxAttempts) throw new SecretError("ERROR_VERSION_CONFLICT", subject);
    // So that writers who met once do not meet again.
    await backOff(made, options);
  }
}

/** @throws ERROR_DB_QUERY when an answer of this size could not be returned */
export function assertAnswerFits(bytes: number): void {
  if (bytes <= maxAnswerBytes) return;
  throw new SecretError("ERROR_DB_QUERY", {
    reason: "the answer is larger than the 6 MB that a function can return: ask for a page of it with page.limit",
  });
}
