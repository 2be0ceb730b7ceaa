/** A caller of one domain: makes random calls, one after the other, and records their outcomes. */

import { SecretError } from "../../lib/base/errors.ts";
import type { Route } from "../../lib/http/routes.ts";
import type { UndeleteRefusal } from "../../tools/ops/undeletion/undelete.ts";
import { claims, httpEvent, invokedFunctionArn } from "../http/events.ts";
import type { Container } from "./container.ts";
import type { History } from "./history.ts";
import type { Create, Handle, Info, Refusal, Undelete, Write } from "./model.ts";
import type { Random } from "./random.ts";

/** The state that all callers of a domain share. */
export interface Domain {
  readonly id: string;
  readonly history: History;
  /** Secrets whose ids are known, by handle. */
  readonly secrets: Map<Handle, Known>;
  /** Known secrets that a caller has tried to delete, in order. */
  readonly deleted: Handle[];
}

interface Known {
  readonly id: string;
  /** The version that was last seen; others may have changed it. */
  version: number;
}

type Body = { readonly [field: string]: unknown };

type Reply =
  | { readonly kind: "ok"; readonly body: Body }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The call may have had an effect, or may still have one. */
  | { readonly kind: "unknown" }
  /** The call certainly had no effect. */
  | { readonly kind: "failed" };

const names = ["red", "green", "blue"] as const;
const projects = ["p1", "p2"] as const;

const refusals: { readonly [code: string]: Refusal } = {
  ERROR_NOT_FOUND: "absent",
  ERROR_SAVE_UNIQUE_VALUES: "name-taken",
  ERROR_EXIST_RELATED_SECRET: "has-dependents",
  ERROR_VERSION_CONFLICT: "conflict",
  ERROR_INVALID_PARAMETER: "other-content",
};

const undeleteRefusals: { readonly [Name in UndeleteRefusal]?: Refusal } = {
  "not-kept": "absent",
  "too-late": "too-late",
  "trusted-secret": "untrusted",
  "name-taken": "name-taken",
  "id-taken": "id-taken",
  changed: "conflict",
};

const unanswered: ReadonlySet<string> = new Set(["ERROR_UNAVAILABLE", "ERROR_REQUEST_TIMEOUT"]);

/** Actions of a caller: the methods, and the operator's tool. */
type Action = Route | "undelete";

/** How often each action is chosen. */
const weights: { readonly [Name in Action]: number } = {
  create: 20,
  update: 18,
  "update-data": 18,
  delete: 11,
  undelete: 9,
  "get-data": 16,
  get: 9,
  list: 6,
  stat: 4,
};

const timeoutMs = 10_000;
/** The time that endpoint.ts reserves for the answer. */
const reservedMs = 500;
/** Some calls have so little time that they end in the middle. */
const hastyMs = 40;

/** More than deleted secrets are kept. */
const lateMs = 8 * 24 * 60 * 60 * 1000;

export class Client {
  readonly #name: string;
  readonly #random: Random;
  readonly #domain: Domain;
  readonly #container: Container;
  #calls = 0;

  constructor(name: string, random: Random, domain: Domain, container: Container) {
    this.#name = name;
    this.#random = random;
    this.#domain = domain;
    this.#container = container;
  }

  async act(): Promise<void> {
    await this.#actions[this.#random.weighted(weights)]();
  }

  /** Reads everything, with enough time. */
  async readAll(): Promise<void> {
    await this.#list();
    for (const secret of this.#domain.secrets.keys()) {
      await this.#getData(secret, null, null);
      // Always refused as too late, but the refusal shows whether anything is kept.
      await this.#undelete({ kind: "undelete", secret, projects: null, name: null, isLate: true });
    }
  }

  readonly #actions: { readonly [Name in Action]: () => Promise<void> } = {
    create: async () => await this.#create(),
    update: async () => await this.#onSome(async (secret) => await this.#update(secret)),
    "update-data": async () => await this.#onSome(async (secret) => await this.#updateData(secret)),
    delete: async () => await this.#onSome(async (secret) => await this.#delete(secret)),
    undelete: async () => await this.#undeleteSome(),
    "get-data": async () =>
      await this.#onSome(async (secret) => await this.#getData(secret, this.#someVersion(secret))),
    get: async () => await this.#onSome(async (secret) => await this.#get(secret)),
    list: async () => await this.#list(),
    stat: async () => await this.#stat(),
  };

  async #create(): Promise<void> {
    const secret = this.#newText();
    const trusted = this.#random.chance(0.25) ? this.#someSecret() : undefined;
    const info: Info = {
      name: this.#random.pick(names),
      mark: 0,
      note: 0,
      project: this.#random.chance(0.7) ? this.#random.pick(projects) : null,
      trusted: trusted ?? null,
      version: 1,
    };
    const write: Create = { kind: "create", secret, value: this.#newText(), info, token: this.#someToken() };
    const body = await this.#write("create", write, {
      name: info.name,
      data: { [secret]: write.value },
      secret_type: "CREDENTIALS",
      tags: { handle: secret, mark: 0, note: 0 },
      project_id: info.project,
      trusted_secret_id: trusted === undefined ? null : this.#idOf(trusted),
      client_token: write.token,
    });
    if (body !== undefined) this.#learn(body);
  }

  async #update(secret: Handle): Promise<void> {
    const name = this.#random.chance(0.6) ? this.#random.pick(names) : null;
    const tags = name === null || this.#random.chance(0.3) ? this.#someTags(secret) : null;
    const isMove = this.#random.chance(0.4);
    const project = isMove ? this.#random.pick([...projects, null]) : undefined;
    const { mark = null, note = null } = tags?.values ?? {};
    const scope = isMove ? null : this.#scope();
    const write = { kind: "update", secret, name, mark, note, project, projects: scope } as const;
    await this.#write("update", write, {
      secret_id: this.#idOf(secret),
      name,
      tags: tags?.message ?? null,
      merge_tags: tags?.isMerge ?? false,
      project_id: project ?? null,
      release_project: project === null,
    });
  }

  /** New tags that replace the old ones, or one of two tags to merge. */
  #someTags(handle: Handle) {
    const number = this.#random.below(1_000_000);
    if (this.#random.chance(0.5)) {
      const values = { mark: number, note: 0 };
      return { isMerge: false, values, message: { handle, ...values } };
    }
    const values: { readonly mark?: number; readonly note?: number } = this.#random.chance(0.5)
      ? { mark: number }
      : { note: number };
    return { isMerge: true, values, message: values };
  }

  async #updateData(secret: Handle): Promise<void> {
    const expected = this.#random.chance(0.3) ? (this.#domain.secrets.get(secret)?.version ?? 1) : null;
    const base = { kind: "update-data", secret, projects: this.#scope() } as const;
    const write = { ...base, value: this.#newText(), expected, token: this.#someToken() };
    await this.#write("update-data", write, {
      secret_id: this.#idOf(secret),
      data: { [secret]: write.value },
      expected_version: expected,
      client_token: write.token,
    });
  }

  async #delete(secret: Handle): Promise<void> {
    const isPermanent = this.#random.chance(0.2);
    this.#domain.deleted.push(secret);
    const write = { kind: "delete", secret, projects: this.#scope(), isPermanent } as const;
    await this.#write("delete", write, { secret_id: this.#idOf(secret), permanently: isPermanent });
  }

  /** Usually chooses one of the last deleted secrets. */
  async #undeleteSome(): Promise<void> {
    const deleted = this.#random.chance(0.1) ? [] : this.#domain.deleted.slice(-3);
    const secret = deleted.length === 0 ? this.#someSecret() : this.#random.pick(deleted);
    if (secret === undefined) return await this.#create();
    const name = this.#random.chance(0.4) ? this.#random.pick(names) : null;
    await this.#undelete({ kind: "undelete", secret, projects: null, name, isLate: this.#random.chance(0.1) });
  }

  async #undelete(write: Undelete): Promise<void> {
    const { history } = this.#domain;
    history.calls += 1;
    const from = history.now();
    const now = new Date(Date.now() + (write.isLate ? lateMs : 0));
    const request = {
      domainId: this.#domain.id,
      secretId: this.#idOf(write.secret),
      name: write.name ?? undefined,
      now,
    };
    try {
      const result = await this.#container.undelete(request);
      if (result.kind === "done") {
        return history.add({ kind: "done", write, answer: this.#learn({ ...result.secret }) }, from);
      }
      const refusal = undeleteRefusals[result.refusal];
      if (refusal === undefined) history.flaws.push(`undelete answered ${result.reason}`);
      else history.add({ kind: "refused", write, refusal, isContended: false }, from);
    } catch (error) {
      if (error instanceof SecretError && unanswered.has(error.code)) history.addUnknown(write, from);
      else history.flaws.push(`undelete failed: ${error}`);
    }
  }

  /** Returns the answer's body, if any. Repeats writes with a token that got no answer, and some that did. */
  async #write(route: Route, write: Write, message: object): Promise<Body | undefined> {
    const scope = write.kind === "create" ? null : write.projects;
    const isRepeatable = "token" in write && write.token !== null;
    for (let attempt = 1; ; attempt++) {
      const from = this.#domain.history.now();
      const reply = await this.#call(route, message, scope);
      if (reply.kind === "ok") {
        const answer = route === "create" || route === "update" ? this.#infoOf(reply.body) : null;
        this.#domain.history.add({ kind: "done", write, answer }, from);
        if (isRepeatable && this.#random.chance(0.1)) await this.#repeatOtherwise(route, write, message);
        if (!isRepeatable || attempt === 2 || !this.#random.chance(0.2)) return reply.body;
        continue;
      }
      if (reply.kind === "refused") {
        this.#domain.history.add({ kind: "refused", write, refusal: reply.refusal, isContended: false }, from);
        return undefined;
      }
      if (reply.kind === "unknown") this.#domain.history.addUnknown(write, from);
      if (!isRepeatable || attempt === 2) return undefined;
    }
  }

  /** Repeats the token with other data, which must always be refused. */
  async #repeatOtherwise(route: Route, write: Write, message: object): Promise<void> {
    if (!("value" in write)) return;
    const other = { ...write, value: this.#newText() };
    const from = this.#domain.history.now();
    const scope = other.kind === "create" ? null : other.projects;
    const reply = await this.#call(route, { ...message, data: { [other.secret]: other.value } }, scope);
    if (reply.kind === "ok") this.#domain.history.add({ kind: "done", write: other, answer: null }, from);
    if (reply.kind === "unknown") this.#domain.history.addUnknown(other, from);
    if (reply.kind !== "refused") return;
    this.#domain.history.add({ kind: "refused", write: other, refusal: reply.refusal, isContended: false }, from);
  }

  async #get(secret: Handle): Promise<void> {
    const scope = this.#scope();
    const from = this.#domain.history.now();
    const reply = await this.#call("get", { secret_id: this.#idOf(secret) }, scope);
    if (reply.kind === "ok") {
      this.#domain.history.add({ kind: "saw", secret, projects: scope, info: this.#learn(reply.body) }, from);
    } else if (reply.kind === "refused") {
      this.#domain.history.add({ kind: "saw-none", secret, projects: scope, version: null }, from);
    }
  }

  /** For a secret that trusts another, the data of both is read, one after the other. */
  async #getData(
    secret: Handle,
    version: number | null,
    scope: readonly string[] | null = this.#scope(),
  ): Promise<void> {
    const { history } = this.#domain;
    const from = history.now();
    const reply = await this.#call("get-data", { secret_id: this.#idOf(secret), version }, scope);
    if (reply.kind === "refused") history.add({ kind: "saw-none", secret, projects: scope, version }, from);
    if (reply.kind !== "ok") return;
    const values = Object.entries(Object(reply.body["data"]) as { readonly [handle: Handle]: string });
    const own = Number(reply.body["version"]);
    for (const [handle, value] of values) {
      if (handle === secret) history.add({ kind: "saw-data", secret, projects: scope, version: own, value }, from);
      else history.add({ kind: "saw-current-data", secret: handle, value }, from);
    }
  }

  async #list(): Promise<void> {
    const from = this.#domain.history.now();
    const reply = await this.#call("list", {}, null);
    if (reply.kind === "ok") this.#domain.history.addListing(this.#seenIn(reply.body), from);
  }

  async #stat(): Promise<void> {
    const keys = ["secret_id", "name", "project_id", "trusted_secret_id", "version"].map((key) => ({ key, name: key }));
    const tags = ["handle", "mark", "note"].map((tag) => ({ key: `tags.${tag}`, name: tag }));
    const aggregate = [{ group: { keys: [...keys, ...tags], fields: [{ name: "n", operator: "count" }] } }];
    const from = this.#domain.history.now();
    const reply = await this.#call("stat", { query: { aggregate } }, null);
    if (reply.kind !== "ok") return;
    const rows = reply.body["results"] as readonly Body[];
    const results = rows.map(({ handle, mark, note, ...row }) => ({ ...row, tags: { handle, mark, note } }));
    this.#domain.history.addListing(this.#seenIn({ results }), from);
  }

  #seenIn(body: Body): Map<Handle, Info> {
    const rows = body["results"] as readonly Body[];
    for (const row of rows) this.#learn(row);
    return new Map(rows.map((row) => [handleOf(row), this.#infoOf(row)]));
  }

  async #call(route: Route, message: object, scope: readonly string[] | null): Promise<Reply> {
    this.#domain.history.calls += 1;
    const token = {
      ...claims,
      domain_id: this.#domain.id,
      ...(scope !== null && { projects: `[${scope.join(" ")}]` }),
    };
    const isHasty = this.#random.chance(0.04);
    const end = Date.now() + (isHasty ? reservedMs + this.#random.below(hastyMs) : timeoutMs);
    const getRemainingTimeInMillis = () => end - Date.now();
    const context = { awsRequestId: `${this.#name}-${this.#calls}`, invokedFunctionArn, getRemainingTimeInMillis };
    const event = httpEvent({ claims: token, body: message });
    const answer: { statusCode?: unknown; body?: unknown } = Object(
      await this.#container.endpoints[route](event, context as never),
    );
    return this.#toReply(route, Number(answer.statusCode), JSON.parse(String(answer.body)));
  }

  #toReply(route: Route, status: number, body: Body): Reply {
    if (status === 200) return { kind: "ok", body };
    const { code, message }: { code?: string; message?: string } = Object(body["detail"]);
    const refusal = refusals[code ?? ""];
    if (refusal !== undefined) return { kind: "refused", refusal };
    if (!unanswered.has(code ?? "")) this.#domain.history.flaws.push(`${route} answered ${status} ${message}`);
    // Data is encrypted before anything is written.
    return { kind: message?.includes("service = kms") === true ? "failed" : "unknown" };
  }

  /** Records the secret in an answer. */
  #learn(body: Body): Info {
    const info = this.#infoOf(body);
    this.#domain.secrets.set(handleOf(body), { id: String(body["secret_id"]), version: info.version });
    return info;
  }

  #infoOf(body: Body): Info {
    const trusted = body["trusted_secret_id"];
    const known = [...this.#domain.secrets].find(([, { id }]) => id === trusted);
    return {
      name: String(body["name"]),
      mark: Number(Object(body["tags"])["mark"]),
      note: Number(Object(body["tags"])["note"]),
      project: body["project_id"] === null ? null : String(body["project_id"]),
      trusted: trusted === null ? null : (known?.[0] ?? String(trusted)),
      version: Number(body["version"]),
    };
  }

  /** Works on one of the latest secrets, or creates one. */
  async #onSome(action: (secret: Handle) => Promise<void>): Promise<void> {
    const secret = this.#someSecret();
    await (secret === undefined ? this.#create() : action(secret));
  }

  #someSecret(): Handle | undefined {
    const last = [...this.#domain.secrets.keys()].slice(-4);
    return last.length === 0 ? undefined : this.#random.pick(last);
  }

  #someVersion(secret: Handle): number | null {
    const { version = 1 } = this.#domain.secrets.get(secret) ?? {};
    return this.#random.chance(0.3) ? Math.max(1, version + 1 - this.#random.below(4)) : null;
  }

  #someToken(): string | null {
    return this.#random.chance(0.4) ? this.#newText() : null;
  }

  #scope(): readonly string[] | null {
    return this.#random.chance(0.2) ? [this.#random.pick(projects)] : null;
  }

  /** A unique string. */
  #newText(): string {
    this.#calls += 1;
    return `${this.#name}-${this.#calls}`;
  }

  #idOf(secret: Handle): string {
    return this.#domain.secrets.get(secret)?.id ?? "";
  }
}

function handleOf(body: Body): Handle {
  return String(Object(body["tags"])["handle"]);
}
