/** Writes what a plan says: bounded in parallel, each secret by itself, and safe to be ended and begun again. */

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
  /** Whether the caller may read data, to see that another writer did the same. */
  readonly withData: boolean;
  readonly onProgress: (done: number) => void;
}

type Create = Extract<PlanRow, { readonly action: "create" }>;
type NewVersion = Extract<PlanRow, { readonly action: "new version" }>;
type Update = Extract<PlanRow, { readonly action: "update" }>;
export type WriteRow = Create | NewVersion | Update;

/** So many failures on end, and the next would fail as well: a token ran out, or the service is down. */
const maxFailures = 20;

/** Beyond the client's own, for a service that throttles for longer. */
const passes = 3;
const passDelayMs = 2000;

/** Another writer came first. It may have been this import, begun twice. */
const conflicts: ReadonlySet<string> = new Set(["ERROR_SAVE_UNIQUE_VALUES", "ERROR_VERSION_CONFLICT"]);

export function isWrite(row: PlanRow): row is WriteRow {
  return row.action === "create" || row.action === "new version" || row.action === "update";
}

/**
 * Does the rows of a plan. A failure is its own row's; those that were to come are not tried after many on end.
 * @param ids the ids of the secrets that exist, by name
 */
export async function applyPlan(
  session: Session,
  rows: readonly WriteRow[],
  ids: ReadonlyMap<string, string>,
  { parallel, withData, onProgress }: ApplyOptions,
): Promise<ReadonlyMap<PlanRow, Outcome>> {
  const outcomes = new Map<PlanRow, Outcome>();
  const writer = new Writer(session, ids, withData);
  // What lies under others comes before them.
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
  /** On end. */
  #failures = 0;
  /**
   * Of this run alone. A token under a key that is kept would tell whoever reads tokens and guesses data; and the service
   * would answer for a secret that was deleted since as if it had been made.
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

  /** With its versions, the oldest first. */
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

  /** From source and content, so that a repeat is the same request, and another request has another token. */
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

  /** Whether what was to be done is there. */
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
