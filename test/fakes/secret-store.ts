/** The rows in memory: both ports, with the refusals of the real adapters. */

import type { Abortable } from "../../lib/base/async.ts";
import { SecretError } from "../../lib/base/errors.ts";
import { isObject } from "../../lib/base/json.ts";
import type { AttributePath } from "../../lib/query/push-down.ts";
import { type Secret, type SecretField, type StoredSecret, secretFieldNames } from "../../lib/secret/secret.ts";
import type {
  BatchReads,
  ChangeWrite,
  ClientToken,
  CreateWrite,
  DataVersion,
  DataWrite,
  DeleteWrite,
  Refusal,
  RowQuery,
  RowsQuery,
  SecretReads,
  SecretRow,
  SecretRows,
  SecretStore,
  TokenRecord,
  WantedData,
  WriteResult,
} from "../../lib/store/secret-store.ts";
import type { UndeleteRefusal, UndeleteRequest, Undeletion } from "../../tools/ops/undeletion/undelete.ts";
import type { DeletedSecret } from "../contract/secret-store.ts";
import { holds } from "./pushed-condition.ts";

const rowsPerPage = 100;
const done: WriteResult = { kind: "done" };

export class FakeSecretStore implements SecretStore, SecretRows, BatchReads {
  /** Calls so far, including failed ones. */
  readonly calls: string[] = [];
  /** While true, every call throws ERROR_UNAVAILABLE. */
  isDown = false;
  /** Runs once, before the next write checks the rows: plays another writer. */
  beforeNextWrite: (() => Promise<unknown>) | null = null;

  readonly #secrets = new Map<string, StoredSecret>();
  readonly #names = new Map<string, string>();
  readonly #data = new Map<string, DataVersion>();
  readonly #deleted = new Map<string, DeletedSecret>();
  readonly #tokens = new Map<string, { readonly record: TokenRecord; readonly expiresAt: number }>();

  findDeleted(domainId: string, secretId: string): DeletedSecret | undefined {
    return structuredClone(this.#deleted.get(key(domainId, secretId)));
  }

  /** Loads a row as another tool would, with its name reserved. */
  load(secret: Secret | StoredSecret): void {
    this.#secrets.set(key(secret.domain_id, secret.secret_id), {
      dependents: 0,
      revision: 0,
      oldest_version: 1,
      ...structuredClone(secret),
    });
    this.#names.set(key(secret.domain_id, secret.name), secret.secret_id);
  }

  /** Loads a deleted secret. */
  loadDeleted(deleted: DeletedSecret): void {
    const { domain_id, secret_id } = deleted.secret;
    this.#deleted.set(key(domain_id, secret_id), structuredClone(deleted));
  }

  async findSecret(domainId: string, secretId: string, options: Abortable = {}): Promise<StoredSecret | undefined> {
    this.#enter("findSecret", options);
    return structuredClone(this.#secrets.get(key(domainId, secretId)));
  }

  async findIdByName(domainId: string, name: string, options: Abortable = {}): Promise<string | undefined> {
    this.#enter("findIdByName", options);
    return this.#names.get(key(domainId, name));
  }

  /** Reads nothing ahead: the port itself answers each read. */
  async readAhead(_domainId: string, wanted: readonly WantedData[], options: Abortable = {}): Promise<SecretReads> {
    this.#enter(`readAhead ${wanted.length}`, options);
    return this;
  }

  async createSecret(write: CreateWrite, options: Abortable = {}): Promise<WriteResult> {
    await this.#enterWrite("createSecret", options);
    const { secret, data, token, visibleProjects } = write;
    const { domain_id, secret_id, name, trusted_secret_id } = secret;
    const trusted = trusted_secret_id === null ? null : this.#secrets.get(key(domain_id, trusted_secret_id));
    if (this.#isUsed(domain_id, token)) return refused("token-used");
    if (trusted === undefined || (trusted !== null && !isTrustable(trusted, visibleProjects))) {
      return refused("trusted-secret");
    }
    if (this.#names.has(key(domain_id, name))) return refused("name-taken");
    if (this.#secrets.has(key(domain_id, secret_id))) return refused("id-taken");
    if (this.#data.has(key(domain_id, secret_id, data.version))) return refused("id-taken");
    this.#use(token, secret);
    if (trusted !== null) this.#put({ ...trusted, dependents: trusted.dependents + 1 });
    this.#names.set(key(domain_id, name), secret_id);
    this.#put({ ...secret, dependents: 0, revision: 0, oldest_version: 1 });
    this.#data.set(key(domain_id, secret_id, data.version), structuredClone(data));
    return done;
  }

  async changeSecret({ before, after }: ChangeWrite, options: Abortable = {}): Promise<WriteResult> {
    await this.#enterWrite("changeSecret", options);
    const isRename = after.name !== before.name;
    const current = this.#unchanged(before);
    if (current === undefined) return refused("changed");
    if (isRename && this.#names.has(key(before.domain_id, after.name))) return refused("name-taken");
    if (isRename) {
      this.#names.delete(key(before.domain_id, before.name));
      this.#names.set(key(before.domain_id, after.name), before.secret_id);
    }
    this.#put({ ...after, dependents: current.dependents, revision: current.revision + 1 });
    return done;
  }

  async addData(
    { before, after, data, dropVersions, token }: DataWrite,
    options: Abortable = {},
  ): Promise<WriteResult> {
    await this.#enterWrite("addData", options);
    const { domain_id, secret_id } = before;
    const current = this.#unchanged(before);
    if (this.#isUsed(domain_id, token)) return refused("token-used");
    if (current === undefined) return refused("changed");
    if (this.#data.has(key(domain_id, secret_id, data.version))) return refused("changed");
    this.#use(token, after);
    this.#put({ ...after, dependents: current.dependents, revision: current.revision + 1 });
    this.#data.set(key(domain_id, secret_id, data.version), structuredClone(data));
    for (const version of dropVersions) this.#data.delete(key(domain_id, secret_id, version));
    return done;
  }

  async deleteSecret({ secret, kept }: DeleteWrite, options: Abortable = {}): Promise<WriteResult> {
    await this.#enterWrite("deleteSecret", options);
    const { domain_id, secret_id, name, trusted_secret_id } = secret;
    const current = this.#unchanged(secret);
    if (current === undefined) return refused("changed");
    if (current.dependents > 0) return refused("has-dependents");
    if (kept !== null) {
      const data = this.#data.get(key(domain_id, secret_id, secret.version ?? 0));
      this.#deleted.set(key(domain_id, secret_id), structuredClone({ secret: current, data, kept }));
    }
    this.#secrets.delete(key(domain_id, secret_id));
    if (this.#names.get(key(domain_id, name)) === secret_id) this.#names.delete(key(domain_id, name));
    for (const [id, version] of this.#data) {
      if (version.domainId === domain_id && version.secretId === secret_id) this.#data.delete(id);
    }
    const trusted = trusted_secret_id === null ? undefined : this.#secrets.get(key(domain_id, trusted_secret_id));
    if (trusted !== undefined) this.#put({ ...trusted, dependents: Math.max(0, trusted.dependents - 1) });
    return done;
  }

  /** Restores a deleted secret like the operator's tool. */
  async undelete({ domainId, secretId, name, now }: UndeleteRequest): Promise<Undeletion> {
    this.#enter("undelete", {});
    const deleted = this.#deleted.get(key(domainId, secretId));
    if (deleted === undefined) return notTakenBack("not-kept");
    if (now.getTime() >= deleted.kept.expiresAt * 1000) return notTakenBack("too-late");
    const { data, secret: before } = deleted;
    const { trusted_secret_id: trustedId } = before;
    const secret = { ...before, name: name ?? before.name, revision: before.revision + 1 };
    const trusted = trustedId === null ? null : this.#secrets.get(key(domainId, trustedId));
    if (this.#secrets.has(key(domainId, secretId))) return notTakenBack("id-taken");
    if (trusted === undefined || (trusted !== null && !isTrustable(trusted, null))) {
      return notTakenBack("trusted-secret");
    }
    if (this.#names.has(key(domainId, secret.name))) return notTakenBack("name-taken");
    if (trusted !== null) this.#put({ ...trusted, dependents: trusted.dependents + 1 });
    this.#names.set(key(domainId, secret.name), secretId);
    this.#put({ ...secret, oldest_version: secret.version ?? 1 });
    if (data !== undefined) this.#data.set(key(domainId, secretId, data.version), structuredClone(data));
    this.#deleted.delete(key(domainId, secretId));
    return { kind: "done", secret };
  }

  async findData(
    domainId: string,
    secretId: string,
    version: number | null,
    options: Abortable = {},
  ): Promise<DataVersion | undefined> {
    this.#enter("findData", options);
    const versions = [...this.#data.values()]
      .filter((data) => data.domainId === domainId && data.secretId === secretId)
      .sort((one, other) => other.version - one.version);
    return structuredClone(version === null ? versions[0] : versions.find((data) => data.version === version));
  }

  async findToken(
    domainId: string,
    { digest, now }: ClientToken,
    options: Abortable = {},
  ): Promise<TokenRecord | undefined> {
    this.#enter("findToken", options);
    const used = this.#tokens.get(key(domainId, digest));
    return used === undefined || used.expiresAt < now ? undefined : structuredClone(used.record);
  }

  async *readRows(query: RowsQuery, options: Abortable = {}): AsyncGenerator<readonly SecretRow[]> {
    this.#enter("readRows", options);
    const secrets = this.#select(query);
    for (let start = 0; start === 0 || start < secrets.length; start += rowsPerPage) {
      const attributes = query.firstPageWhole && start === 0 ? null : query.attributes;
      yield secrets.slice(start, start + rowsPerPage).map((secret) => project(secret, attributes));
    }
  }

  async countRows(query: RowQuery, options: Abortable = {}): Promise<number> {
    this.#enter("countRows", options);
    return this.#select(query).length;
  }

  async findByIds(domainId: string, secretIds: readonly string[], options: Abortable = {}): Promise<readonly Secret[]> {
    this.#enter("findByIds", options);
    const found = [...new Set(secretIds)].map((id) => this.#secrets.get(key(domainId, id)));
    return structuredClone(found.filter((secret) => secret !== undefined).map(withoutCounts));
  }

  async findIdsByNames(
    domainId: string,
    names: readonly string[],
    options: Abortable = {},
  ): Promise<readonly string[]> {
    this.#enter("findIdsByNames", options);
    return [...new Set(names)].flatMap((name) => this.#names.get(key(domainId, name)) ?? []);
  }

  #enter(call: string, { signal }: Abortable): void {
    this.calls.push(call);
    signal?.throwIfAborted();
    if (this.isDown) {
      throw new SecretError("ERROR_UNAVAILABLE", { service: "dynamodb" }, { cause: new Error("The fake is down.") });
    }
  }

  async #enterWrite(call: string, options: Abortable): Promise<void> {
    this.#enter(call, options);
    const meanwhile = this.beforeNextWrite;
    this.beforeNextWrite = null;
    await meanwhile?.();
  }

  #unchanged({ domain_id, secret_id, revision }: StoredSecret): StoredSecret | undefined {
    const current = this.#secrets.get(key(domain_id, secret_id));
    return current?.revision === revision ? current : undefined;
  }

  #put(secret: StoredSecret): void {
    this.#secrets.set(key(secret.domain_id, secret.secret_id), structuredClone(secret));
  }

  #isUsed(domainId: string, token: ClientToken | null): boolean {
    const used = token === null ? undefined : this.#tokens.get(key(domainId, token.digest));
    return used !== undefined && token !== null && used.expiresAt >= token.now;
  }

  #use(token: ClientToken | null, answered: Secret): void {
    if (token === null) return;
    const record = { secret: structuredClone(withoutCounts(answered)), contentDigest: token.contentDigest };
    this.#tokens.set(key(answered.domain_id, token.digest), { record, expiresAt: token.expiresAt });
  }

  #select({ domainId, index, condition }: RowQuery): Secret[] {
    const order = index === null ? "secret_id" : "name";
    return [...this.#secrets.values()]
      .filter((secret) => secret.domain_id === domainId)
      .filter((secret) => index === null || secret[index.field] === index.value)
      .filter((secret) => condition === null || holds(condition, secret))
      .sort((one, other) => Buffer.compare(Buffer.from(one[order]), Buffer.from(other[order])))
      .map((secret) => structuredClone(withoutCounts(secret)));
  }
}

function key(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}

function refused(refusal: Refusal): WriteResult {
  return { kind: "refused", refusal };
}

function notTakenBack(refusal: UndeleteRefusal): Undeletion {
  return { kind: "refused", refusal, reason: refusal };
}

function isTrustable(trusted: StoredSecret, visibleProjects: readonly string[] | null): boolean {
  const isVisible =
    visibleProjects === null || (trusted.project_id !== null && visibleProjects.includes(trusted.project_id));
  return trusted.trusted_secret_id === null && isVisible;
}

function withoutCounts(secret: Secret): Secret {
  return Object.fromEntries(secretFieldNames.map((field) => [field, secret[field]])) as unknown as Secret;
}

/** `tags` have only the named paths, with the objects around them. */
function project(secret: Secret, attributes: readonly AttributePath[] | null): SecretRow {
  if (attributes === null) return secret;
  const row: { -readonly [Field in SecretField]?: unknown } = { secret_id: secret.secret_id };
  for (const [field] of attributes) row[field] = field === "tags" ? {} : secret[field];
  for (const path of attributes.filter(([field]) => field === "tags")) copy(path, { ...secret }, row);
  return row as SecretRow;
}

type Members = { [key: string]: unknown };

function copy([key = "", ...rest]: readonly string[], from: Members, to: Members): void {
  if (!Object.hasOwn(from, key)) return;
  const value = from[key];
  if (rest.length === 0) {
    to[key] = value;
  } else if (isObject(value)) {
    const inner: Members = isObject(to[key]) ? to[key] : {};
    copy(rest, value, inner);
    if (Object.keys(inner).length > 0) to[key] = inner;
  }
}
