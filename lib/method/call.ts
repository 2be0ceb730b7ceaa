/** What every method gets besides its request, and what methods share: visibility, retries, the size of answers. */

import { type Abortable, backOff } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";
import type { SecretReference } from "../request/messages.ts";
import { type Principal, seesProject } from "../secret/principal.ts";
import type { StoredSecret } from "../secret/secret.ts";
import type { SecretBrief, SecretReads } from "../store/secret-store.ts";

export interface Call extends Abortable {
  readonly principal: Principal;
  readonly now: Date;
  /** Time left until the call is answered with a timeout. */
  readonly remainingMs: () => number;
  /** Tells the audit line which secret has the name, even if the caller may not see it. */
  readonly noteName: (name: string, secretId: string) => void;
}

/** A method of the API: a function of the request, the call and the ports that it uses. */
export type Method<Request, Ports, Result> = (request: Request, call: Call, ports: Ports) => Promise<Result>;

/** How one of several items ended. */
export type ItemAnswer =
  | { readonly kind: "answer"; readonly reference: SecretReference; readonly result: object }
  | { readonly kind: "failure"; readonly reference: SecretReference; readonly error: unknown };

/** The answers to `items`, in their order. A class, so that `lib/http` can tell them from other results. */
export class ItemAnswers {
  readonly answers: readonly ItemAnswer[];

  constructor(answers: readonly ItemAnswer[]) {
    this.answers = answers;
  }
}

/** Enough for a handful of concurrent writers; with more, some get an error. */
const maxAttempts = 5;

/** Lambda returns at most 6 MiB of JSON. 16 KiB of it are reserved for what surrounds the answer. */
export const maxAnswerBytes = 6_275_072;

export function notFound(key: string, value: string): SecretError {
  return new SecretError("ERROR_NOT_FOUND", { key, value });
}

/** @throws ERROR_NOT_FOUND, also for a secret that the caller may not see: its existence stays hidden */
export async function getVisibleSecret(
  domainId: string,
  secretId: string,
  call: Call,
  secrets: Pick<SecretReads, "findSecret">,
): Promise<StoredSecret> {
  const secret = await secrets.findSecret(domainId, secretId, call);
  if (!isMeant(secret, null, call)) throw notFound("secret_id", secretId);
  return secret;
}

/** Whether the secret exists, is visible, and still has the name by which it was looked up (`null`: it was not). */
export function isMeant<Row extends SecretBrief>(
  secret: Row | undefined,
  name: string | null,
  { principal }: Call,
): secret is Row {
  return secret !== undefined && seesProject(principal, secret.project_id) && (name ?? secret.name) === secret.name;
}

/**
 * Reads the secret that a request names, by id or by name. A name may pass to another secret between its lookup and
 * `read`, so it is then looked up once more.
 * @param read returns `undefined` if the secret does not exist, is not visible, or no longer has the name
 * @throws ERROR_NOT_FOUND, the same whether the name is free or belongs to a secret that the caller may not see
 */
export async function readReferenced<Result>(
  { domain_id: domainId, secret_id: givenId, name }: SecretReference & { readonly domain_id: string },
  call: Call,
  secrets: Pick<SecretReads, "findIdByName">,
  read: (secretId: string) => Promise<Result | undefined>,
): Promise<Result> {
  if (name === null) {
    // Exactly one of the two is set.
    const secretId = givenId ?? "";
    const result = await read(secretId);
    if (result === undefined) throw notFound("secret_id", secretId);
    return result;
  }
  const lookUp = async (): Promise<string | undefined> => {
    const secretId = await secrets.findIdByName(domainId, name, call);
    if (secretId !== undefined) call.noteName(name, secretId);
    return secretId;
  };
  const first = await lookUp();
  if (first === undefined) throw notFound("name", name);
  const result = await read(first);
  if (result !== undefined) return result;
  const second = await lookUp();
  const last = second === undefined || second === first ? undefined : await read(second);
  if (last === undefined) throw notFound("name", name);
  return last;
}

/** @throws ERROR_PERMISSION_DENIED if the caller may not put a secret into this project (`null`: into none) */
export function assertMayAssign(call: Call, projectId: string | null): void {
  if (!seesProject(call.principal, projectId)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
}

/**
 * Repeats an attempt to read, decide and write if another writer came between its read and its write.
 * @param attempt returns `undefined` if the row has changed since it was read
 * @throws ERROR_VERSION_CONFLICT if every attempt met another writer
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
    // Random waits, so that writers who met once do not meet again.
    await backOff(made, options);
  }
}

/** @throws ERROR_DB_QUERY if an answer of this size cannot be returned */
export function assertAnswerFits(bytes: number): void {
  if (bytes <= maxAnswerBytes) return;
  throw new SecretError("ERROR_DB_QUERY", {
    reason: "the answer is larger than the 6 MB that a function can return: ask for a page of it with page.limit",
  });
}
