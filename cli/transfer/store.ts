/** Reads what exists in the service: metadata by name, and a secret's own data. */

import type { SecretInfo } from "../../client/messages.ts";
import { unsealOwn } from "../../client/unseal.ts";
import { inOrder, type Task } from "../../lib/base/async.ts";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";
import { comparedFields, type Existing, type ExistingSecret } from "./plan.ts";

export interface ReadOptions {
  /** Requests at a time. */
  readonly parallel: number;
  /** Whether data is read, too, which needs its own scope. */
  readonly withData: boolean;
  readonly onProgress?: (done: number) => void;
}

/**
 * Retries for longer than usual: if the service is slow for a while, one of ten thousand calls must not end the import.
 */
export const patience: { readonly timeoutMs: number } = { timeoutMs: 120_000 };

/** Up to this many names the service looks up in one request. For more, it takes fewer requests to list all secrets. */
const maxNames = 100;

/** The visible secrets that have these names. @throws SecretApiError */
export async function readExisting(
  session: Session,
  names: ReadonlySet<string>,
  { parallel, withData, onProgress = () => undefined }: ReadOptions,
): Promise<ReadonlyMap<string, Existing>> {
  const secrets = await findByName(session, names);
  if (!withData) return new Map(secrets.map((secret) => [secret.name, { secret, dataText: undefined }]));
  const existing = new Map<string, Existing>();
  const tasks = secrets.map((secret) => async () => ({ secret, dataText: await readOwnData(session, secret) }));
  for await (const one of inOrder(tasks satisfies readonly Task<Existing>[], parallel, {})) {
    existing.set(one.secret.name, one);
    onProgress(existing.size);
  }
  return existing;
}

/**
 * A secret's own data, without its trusted secret's. A plain answer has both merged; a sealed one has them separately,
 * and the caller opens it with KMS.
 */
export async function readOwnData(
  session: Session,
  { secret_id, name, trusted_secret_id }: Pick<SecretInfo, "secret_id" | "name" | "trusted_secret_id">,
): Promise<string> {
  const { client, domain, sealing } = session;
  if (trusted_secret_id === null)
    return (await client.getData({ ...domain, ...sealing, secret_id }, patience)).dataText;
  const { answer, domainId } = await readSealed(session, { secret_id, name });
  const expected = { secret_id, domain_id: domainId, version: String(answer.version) };
  return (await unsealOwn(answer, session.unwrap, expected)).dataText;
}

/**
 * Reads sealed data without opening it.
 * @throws CliError if the domain is not known, without which it cannot be opened
 */
export async function readSealed(
  { sealedClient, domain }: Session,
  { secret_id, name }: Pick<SecretInfo, "secret_id" | "name">,
): Promise<{ readonly answer: Awaited<ReturnType<Session["sealedClient"]["getData"]>>; readonly domainId: string }> {
  const { domain_id: domainId } = domain;
  if (domainId === undefined)
    throw new CliError(
      `${name} inherits data, so it is read sealed, which needs a domain: use --domain, or set domain in the profile.`,
    );
  return { answer: await sealedClient.getData({ domain_id: domainId, secret_id, sealed: true }, patience), domainId };
}

async function findByName({ client, domain }: Session, names: ReadonlySet<string>): Promise<readonly ExistingSecret[]> {
  if (names.size === 0) return [];
  if (names.size <= maxNames) {
    const query = { only: comparedFields, page: { limit: maxNames } };
    return (await client.list({ ...domain, name: [...names], query }, patience)).results;
  }
  const found: ExistingSecret[] = [];
  for await (const secret of client.listAll({ ...domain, query: { only: comparedFields } }, patience)) {
    if (names.has(secret.name)) found.push(secret);
  }
  return found;
}
