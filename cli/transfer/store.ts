/** Reads what exists in the service: metadata by name, and a secret's own data. */

import type { SecretDataInfo, SecretDataItem, SecretDataResult } from "../../client/messages.ts";
import { unsealOwn } from "../../client/unseal.ts";
import { inOrder } from "../../lib/base/async.ts";
import { limits } from "../../lib/secret/secret.ts";
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

/** The outcome of reading one secret. Each fails separately. */
type Outcome<Answer> = { readonly answer: Answer; readonly error?: never } | { readonly error: Error };

export type Read<Answer> = Outcome<Answer> & { readonly secret: ExistingSecret };

/** The visible secrets that have these names. @throws SecretApiError */
export async function readExisting(
  session: Session,
  names: ReadonlySet<string>,
  { parallel, withData, onProgress = () => undefined }: ReadOptions,
): Promise<ReadonlyMap<string, Existing>> {
  const secrets = await findByName(session, names);
  if (!withData) return new Map(secrets.map((secret) => [secret.name, { secret, dataText: undefined }]));
  const existing = new Map<string, Existing>();
  for await (const read of readOwnData(session, secrets, parallel)) {
    if (read.error !== undefined) throw read.error;
    existing.set(read.secret.name, { secret: read.secret, dataText: read.answer });
    onProgress(existing.size);
  }
  return existing;
}

/**
 * Reads the JSON texts of the secrets' own data, without their trusted secrets', in any order. A plain answer has both
 * merged; a sealed one has them separately, and this opens it with KMS.
 */
export async function* readOwnData(
  session: Session,
  secrets: readonly ExistingSecret[],
  parallel: number,
): AsyncGenerator<Read<string>> {
  const { client, domain, sealing } = session;
  const inheriting = secrets.filter(({ trusted_secret_id }) => trusted_secret_id !== null);
  const others = secrets.filter(({ trusted_secret_id }) => trusted_secret_id === null);
  yield* readInGroups(others, parallel, async (group) => {
    const results = await client.getMany(group.map(toItem), { ...domain, ...sealing, ...patience });
    return results.map((result) => (result.error === undefined ? { answer: result.dataText } : result));
  });
  yield* readInGroups(inheriting, parallel, async (group) => {
    const opened: Outcome<string>[] = [];
    for (const result of await askSealed(session, group)) {
      opened.push(result.error === undefined ? await openOwn(result, session) : result);
    }
    return opened;
  });
}

/**
 * Reads sealed data in the order of the secrets, without opening it.
 * @throws CliError if the domain is not known, without which it cannot be opened
 */
export function readSealed(
  session: Session,
  secrets: readonly ExistingSecret[],
  parallel: number,
): AsyncGenerator<Read<SecretDataInfo>> {
  return readInGroups(secrets, parallel, async (group) => {
    const results = await askSealed(session, group);
    return results.map((result) => (result.error === undefined ? { answer: result } : result));
  });
}

/** Reads as many secrets per call as the service accepts. Holds the answers of at most `parallel` calls in memory. */
async function* readInGroups<Answer>(
  secrets: readonly ExistingSecret[],
  parallel: number,
  readGroup: (group: readonly ExistingSecret[]) => Promise<readonly Outcome<Answer>[]>,
): AsyncGenerator<Read<Answer>> {
  const groups = Array.from({ length: Math.ceil(secrets.length / limits.itemsAtOnce) }, (_, index) =>
    secrets.slice(index * limits.itemsAtOnce, (index + 1) * limits.itemsAtOnce),
  );
  const tasks = groups.map((group) => async (): Promise<readonly Read<Answer>[]> => {
    const outcomes = await readGroup(group);
    return group.flatMap((secret, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : { ...outcome, secret };
    });
  });
  for await (const reads of inOrder(tasks, parallel, {})) yield* reads;
}

async function askSealed(
  { sealedClient, domain: { domain_id } }: Session,
  secrets: readonly ExistingSecret[],
): Promise<readonly SecretDataResult[]> {
  if (domain_id === undefined)
    throw new CliError(
      `${secrets[0]?.name} inherits data, so it is read sealed, which needs a domain: use --domain, or set domain in the profile.`,
    );
  return await sealedClient.getMany(secrets.map(toItem), { domain_id, sealed: true, ...patience });
}

async function openOwn(answer: SecretDataInfo, { unwrap, domain }: Session): Promise<Outcome<string>> {
  const { secret_id, version } = answer;
  try {
    const expected = { secret_id, version: String(version), ...domain };
    return { answer: (await unsealOwn(answer, unwrap, expected)).dataText };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error("The data cannot be opened.", { cause: error }) };
  }
}

function toItem({ secret_id }: ExistingSecret): SecretDataItem {
  return { secret_id };
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
