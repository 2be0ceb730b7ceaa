/** Executes a plan: several secrets at a time, each separately. It can be interrupted and run again. */

import { createHmac, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isTransient, SecretApiError } from "../../client/secret-api-error.ts";
import { inOrder } from "../../lib/base/async.ts";
import { JsonText, stringifyObject } from "../../lib/base/json-text.ts";
import { type Failure, toFailure } from "../failure.ts";
import type { Session } from "../session.ts";
import { type Changes, type ExistingSecret, type PlanRow, planOne } from "./plan.ts";
import { patience, readExisting } from "./store.ts";

export type Outcome = "done" | "not tried" | Failure;

export interface ApplyOptions {
  readonly parallel: number;
  /** Whether data may be read, to see whether another writer has written the same. */
  readonly withData: boolean;
  readonly onProgress: (done: number) => void;
}

type Create = Extract<PlanRow, { readonly action: "create" }>;
type NewVersion = Extract<PlanRow, { readonly action: "new version" }>;
type Update = Extract<PlanRow, { readonly action: "update" }>;
export type WriteRow = Create | NewVersion | Update;

/** After this many failures in a row, the rest would fail as well: the token expired, or the service is down. */
const maxFailures = 20;

/** Attempts, each with the client's own retries, for a service that throttles for a long time. */
const passes = 3;
const passDelayMs = 2000;

/** Another writer came first. That may have been the same import, started twice. */
const conflicts: ReadonlySet<string> = new Set(["ERROR_SAVE_UNIQUE_VALUES", "ERROR_VERSION_CONFLICT"]);

export function isWrite(row: PlanRow): row is WriteRow {
  return row.action === "create" || row.action === "new version" || row.action === "update";
}

/**
 * Executes the rows of a plan. A row that fails does not affect others, but after many failures in a row, the rest is
 * not tried.
 * @param ids the ids of existing secrets, by name
 */
export async function applyPlan(
  session: Session,
  rows: readonly WriteRow[],
  ids: ReadonlyMap<string, string>,
  { parallel, withData, onProgress }: ApplyOptions,
): Promise<ReadonlyMap<PlanRow, Outcome>> {
  const outcomes = new Map<PlanRow, Outcome>();
  const writer = new Writer(session, ids, withData);
  // Trusted secrets come before those that trust them.
  for (const isTrusting of [false, true]) {
    const wave = rows.filter(({ candidate }) => (candidate.trustedName !== undefined) === isTrusting);
    const tasks = wave.map((row) => async () => {
      outcomes.set(row, await writer.write(row));
      onProgress(outcomes.size);
    });
    for await (const _ of inOrder(tasks, parallel, {}));
  }
  return outcomes;
}

class Writer {
  readonly #session: Session;
  readonly #ids: Map<string, string>;
  readonly #mayCompare: boolean;
  /** Failures in a row. */
  #failures = 0;
  /**
   * A new key for each run. With a stored key, an attacker who reads tokens could test guesses at the data. And for a
   * secret that has been deleted since, the service would answer as if it still existed.
   */
  readonly #key: Buffer = randomBytes(32);

  constructor(session: Session, ids: ReadonlyMap<string, string>, mayCompare: boolean) {
    this.#session = session;
    this.#ids = new Map(ids);
    this.#mayCompare = mayCompare;
  }

  async write(row: WriteRow): Promise<Outcome> {
    if (this.#failures >= maxFailures) return "not tried";
    const outcome = await this.#try(row);
    this.#failures = outcome === "done" ? 0 : this.#failures + 1;
    return outcome;
  }

  async #try(row: WriteRow): Promise<Outcome> {
    try {
      await this.#repeat(async () => await this.#writeOnce(row));
      return "done";
    } catch (error) {
      const isConflict = error instanceof SecretApiError && conflicts.has(error.code);
      return isConflict && this.#mayCompare && (await this.#isDone(row)) ? "done" : toFailure(error);
    }
  }

  async #writeOnce(row: WriteRow): Promise<void> {
    if (row.action === "create") await this.#create(row);
    else if (row.action === "update") await this.#update(row.secret, row.changes);
    else await this.#addVersions(row.secret, row.texts, row);
  }

  /** Creates the secret, then its further versions, the oldest first. */
  async #create({ path, candidate }: Create): Promise<void> {
    const { request, earlier, trustedName } = candidate;
    const { client, domain } = this.#session;
    const [first = "", ...rest] = [...earlier, request.data.text];
    const { data: _data, domain_id: _domain, client_token: _token, ...fields } = request;
    const trusted = trustedName === undefined ? undefined : this.#ids.get(trustedName);
    const message = {
      ...leaveOutNull(fields),
      ...(trusted !== undefined && { trusted_secret_id: trusted }),
      name: request.name,
      secret_type: request.secret_type,
    };
    const secret = await client.create({ ...domain, ...message, ...this.#withToken(path, message, first) }, patience);
    this.#ids.set(request.name, secret.secret_id);
    await this.#addVersions(secret, rest, { path, candidate, changes: {} });
  }

  async #addVersions(
    secret: Pick<ExistingSecret, "secret_id" | "version">,
    texts: readonly string[],
    { path, candidate, changes }: Pick<NewVersion, "path" | "candidate" | "changes">,
  ): Promise<void> {
    const { client, domain } = this.#session;
    const { schema, expires_at } = candidate.request;
    for (const [index, text] of texts.entries()) {
      const isLast = index === texts.length - 1;
      const message = {
        secret_id: secret.secret_id,
        expected_version: (secret.version ?? 1) + index,
        ...(schema !== null && { schema }),
        ...(isLast && expires_at !== null && { expires_at }),
      };
      await client.updateData({ ...domain, ...message, ...this.#withToken(path, message, text) }, patience);
    }
    await this.#update(secret, changes);
  }

  async #update({ secret_id }: Pick<ExistingSecret, "secret_id">, changes: Changes): Promise<void> {
    if (Object.keys(changes).length === 0) return;
    const { client, domain } = this.#session;
    await client.update({ ...domain, ...changes, secret_id }, patience);
  }

  /** Derived from path and content, so that a repeat has the same token, and another request has another one. */
  #withToken(
    path: string,
    message: object,
    dataText: string,
  ): { readonly dataText: string; readonly client_token: string } {
    const content = stringifyObject({ path, ...message, data: new JsonText(dataText) });
    return { dataText, client_token: createHmac("sha256", this.#key).update(content).digest("base64url") };
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    for (let pass = 1; ; pass++) {
      try {
        return await work();
      } catch (error) {
        if (pass >= passes || !isTransient(error)) throw error;
        await sleep(passDelayMs * pass * Math.random());
      }
    }
  }

  /** Whether the secret is already as it should be. */
  async #isDone({ candidate }: WriteRow): Promise<boolean> {
    const names = new Set([candidate.name, ...(candidate.trustedName === undefined ? [] : [candidate.trustedName])]);
    const existing = await readExisting(this.#session, names, { parallel: 1, withData: true });
    const before = existing.get(candidate.name);
    return before !== undefined && planOne(candidate, before, existing).action === "unchanged";
  }
}

function leaveOutNull<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as {
    [Key in keyof Fields]?: NonNullable<Fields[Key]>;
  };
}
