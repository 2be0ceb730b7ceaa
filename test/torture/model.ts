/** The secrets of one domain as a sequential machine: the effect of each step, and the outcomes that a state allows. */

import type { Model } from "./linearizability.ts";

/** Identifies a secret, in its tags and data: its id is unknown if its creation got no answer. */
export type Handle = string;

/** What a caller can read of a secret. */
export interface Info {
  readonly name: string;
  /** Two tags. Updates replace both, or merge one. */
  readonly mark: number;
  readonly note: number;
  readonly project: string | null;
  readonly trusted: Handle | null;
  readonly version: number;
}

export interface SecretState extends Info {
  /** The data of the kept versions, the oldest first. */
  readonly values: readonly string[];
}

export interface State {
  /** `null`: deleted. */
  readonly secrets: { readonly [secret: Handle]: SecretState | null };
  /** Deleted secrets as they would come back, with only the current version. `null`: nothing is kept. */
  readonly deleted: { readonly [secret: Handle]: SecretState | null };
  /** What create and update_data stored and answered under a client token. */
  readonly tokens: { readonly [token: string]: { readonly value: string; readonly info: Info } };
}

/** The caller sees only secrets of these projects; `null`: all. */
interface Scoped {
  readonly secret: Handle;
  readonly projects: readonly string[] | null;
}

export interface Create {
  readonly kind: "create";
  readonly secret: Handle;
  readonly value: string;
  readonly info: Info;
  readonly token: string | null;
}

export interface Update extends Scoped {
  readonly kind: "update";
  readonly name: string | null;
  readonly mark: number | null;
  readonly note: number | null;
  /** `undefined`: unchanged. */
  readonly project: string | null | undefined;
}

export interface UpdateData extends Scoped {
  readonly kind: "update-data";
  readonly value: string;
  readonly expected: number | null;
  readonly token: string | null;
}

export interface Delete extends Scoped {
  readonly kind: "delete";
  /** Keeps nothing that could be restored. */
  readonly isPermanent: boolean;
}

/** The step of an operator, who sees everything. */
export interface Undelete extends Scoped {
  readonly kind: "undelete";
  /** `null`: unchanged. */
  readonly name: string | null;
  /** The request comes after the time for which deleted secrets are kept. */
  readonly isLate: boolean;
}

type Change = Update | UpdateData | Delete;
export type Write = Create | Change | Undelete;

/** Why a write was refused. The last three occur only with undelete. */
export type Refusal =
  | "absent"
  | "name-taken"
  | "has-dependents"
  | "conflict"
  | "other-content"
  | "too-late"
  | "untrusted"
  | "id-taken";

export type Step =
  | { readonly kind: "done"; readonly write: Write; readonly answer: Info | null }
  | { readonly kind: "refused"; readonly write: Write; readonly refusal: Refusal; readonly isContended: boolean }
  | (Scoped & { readonly kind: "saw"; readonly info: Info })
  | (Scoped & { readonly kind: "saw-data"; readonly version: number; readonly value: string })
  /** The current data of a trusted secret, whose version the answer does not have. */
  | { readonly kind: "saw-current-data"; readonly secret: Handle; readonly value: string }
  /** The secret, or this version of its data, was not found. */
  | (Scoped & { readonly kind: "saw-none"; readonly version: number | null });

/** @param versionsKept how many versions of each secret's data stay */
export function modelOf(versionsKept: number): Model<State, Step> {
  return {
    initial: { secrets: {}, deleted: {}, tokens: {} },
    keyOf: ({ secrets, deleted, tokens }) => `${keyOf(secrets)} ${keyOf(deleted)} ${Object.keys(tokens).sort().join()}`,
    isRead: ({ kind }) => kind !== "done",
    isSpent: ({ secrets, deleted, tokens }, step) => {
      if (step.kind !== "done") return false;
      const { write } = step;
      const isRepeat = "token" in write && write.token !== null && tokens[write.token] !== undefined;
      const isGone = secrets[write.secret] === null && deleted[write.secret] === null;
      return isRepeat || (write.kind === "create" ? secrets[write.secret] !== undefined : isGone);
    },
    apply: (state, step) => {
      switch (step.kind) {
        case "done":
          return done(state, step.write, step.answer, versionsKept);
        case "refused":
          return isRefused(state, step.write, step.refusal, step.isContended) ? state : undefined;
        case "saw":
          return isSame(infoOf(find(state, step)), step.info) ? state : undefined;
        case "saw-data":
          return valueIn(find(state, step), step.version) === step.value ? state : undefined;
        case "saw-current-data":
          return state.secrets[step.secret]?.values.at(-1) === step.value ? state : undefined;
        case "saw-none": {
          const secret = find(state, step);
          const isThere = step.version === null ? secret !== undefined : valueIn(secret, step.version) !== undefined;
          return isThere ? undefined : state;
        }
      }
    },
  };
}

function keyOf(secrets: State["secrets"]): string {
  return JSON.stringify(Object.entries(secrets).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The state after a successful write. `answer` is what it returned, if that is known. */
function done(state: State, write: Write, answer: Info | null, versionsKept: number): State | undefined {
  const token = "token" in write ? write.token : null;
  const earlier = token === null ? undefined : state.tokens[token];
  if (earlier !== undefined) {
    const isRepeat = "value" in write && write.value === earlier.value;
    return isRepeat && (answer === null || isSame(earlier.info, answer)) ? state : undefined;
  }
  const secret = written(state, write, versionsKept);
  if (secret === undefined || (answer !== null && secret !== null && !isSame(infoOf(secret), answer))) return undefined;
  return {
    secrets: { ...state.secrets, [write.secret]: secret },
    deleted: { ...state.deleted, [write.secret]: write.kind === "delete" ? whatStays(state, write) : null },
    tokens:
      token === null || secret === null || !("value" in write)
        ? state.tokens
        : { ...state.tokens, [token]: { value: write.value, info: infoOf(secret) as Info } },
  };
}

/** The secret after the write; `null` if it is deleted; `undefined` if the write is impossible. */
function written(state: State, write: Write, versionsKept: number): SecretState | null | undefined {
  if (write.kind === "create") return created(state, write);
  return write.kind === "undelete" ? undeleted(state, write) : changed(state, write, versionsKept);
}

function created(state: State, { secret, value, info }: Create): SecretState | undefined {
  const isPossible = mayTrust(state, info.trusted) && !isTaken(state, info.name) && state.secrets[secret] === undefined;
  return isPossible ? { ...info, values: [value] } : undefined;
}

function whatStays({ secrets }: State, { secret, isPermanent }: Delete): SecretState | null {
  const before = secrets[secret] ?? null;
  return before === null || isPermanent ? null : { ...before, values: before.values.slice(-1) };
}

function undeleted(state: State, write: Undelete): SecretState | undefined {
  const kept = state.deleted[write.secret] ?? undefined;
  return kept === undefined || whyNot(state, write) !== undefined
    ? undefined
    : { ...kept, name: write.name ?? kept.name };
}

/** The first reason to refuse. */
function whyNot(state: State, { secret, name, isLate }: Undelete): Refusal | undefined {
  const kept = state.deleted[secret] ?? undefined;
  if (kept === undefined) return "absent";
  if (isLate) return "too-late";
  if (!mayTrust(state, kept.trusted)) return "untrusted";
  return isTaken(state, name ?? kept.name) ? "name-taken" : undefined;
}

function changed(state: State, write: Change, versionsKept: number): SecretState | null | undefined {
  const before = find(state, write);
  if (before === undefined) return undefined;
  switch (write.kind) {
    case "delete":
      return hasDependents(state, write.secret) ? undefined : null;
    case "update-data": {
      if (write.expected !== null && write.expected !== before.version) return undefined;
      return { ...before, version: before.version + 1, values: [...before.values, write.value].slice(-versionsKept) };
    }
    case "update": {
      const name = write.name ?? before.name;
      const project = write.project === undefined ? before.project : write.project;
      if (name !== before.name && isTaken(state, name)) return undefined;
      return { ...before, name, project, mark: write.mark ?? before.mark, note: write.note ?? before.note };
    }
  }
}

function isRefused(state: State, write: Write, refusal: Refusal, isContended: boolean): boolean {
  if (write.kind === "create") {
    if (refusal === "other-content") return isOtherContent(state, write);
    const isTrusting = mayTrust(state, write.info.trusted);
    if (write.token !== null && state.tokens[write.token] !== undefined) return false;
    if (refusal === "absent") return !isTrusting;
    return refusal === "name-taken" ? isTrusting && isTaken(state, write.info.name) : isContended;
  }
  if (write.kind === "undelete") return isUndeleteRefused(state, write, refusal, isContended);
  const before = find(state, write);
  switch (refusal) {
    case "other-content":
      return isOtherContent(state, write);
    case "absent":
      return before === undefined;
    case "has-dependents":
      return before !== undefined && hasDependents(state, write.secret);
    case "name-taken":
      return (
        write.kind === "update" && before !== undefined && before.name !== write.name && isTaken(state, write.name)
      );
    case "conflict": {
      const isOutdated = write.kind === "update-data" && write.expected !== null && write.expected !== before?.version;
      return isContended || (before !== undefined && isOutdated);
    }
    default:
      return false;
  }
}

/** An undelete that overlaps another may find the secret restored. */
function isUndeleteRefused(state: State, write: Undelete, refusal: Refusal, isContended: boolean): boolean {
  const isBack = state.secrets[write.secret] !== null && state.secrets[write.secret] !== undefined;
  if (refusal === "id-taken") return isContended && isBack;
  return refusal === "conflict" ? isContended : refusal === whyNot(state, write);
}

function isOtherContent({ tokens }: State, write: Write): boolean {
  const used = "token" in write && write.token !== null ? tokens[write.token] : undefined;
  return used !== undefined && "value" in write && write.value !== used.value;
}

function find({ secrets }: State, { secret, projects }: Scoped): SecretState | undefined {
  const found = secrets[secret] ?? undefined;
  const isVisible = projects === null || projects.some((project) => project === found?.project);
  return isVisible ? found : undefined;
}

function isTaken({ secrets }: State, name: string | null): boolean {
  return Object.values(secrets).some((secret) => secret?.name === name);
}

function hasDependents({ secrets }: State, handle: Handle): boolean {
  return Object.values(secrets).some((secret) => secret?.trusted === handle);
}

function mayTrust({ secrets }: State, trusted: Handle | null): boolean {
  return trusted === null || secrets[trusted]?.trusted === null;
}

function infoOf(secret: SecretState | undefined): Info | undefined {
  if (secret === undefined) return undefined;
  const { name, mark, note, project, trusted, version } = secret;
  return { name, mark, note, project, trusted, version };
}

function valueIn(secret: SecretState | undefined, version: number): string | undefined {
  return secret?.values[secret.values.length - 1 - (secret.version - version)];
}

function isSame(one: Info | undefined, other: Info): boolean {
  return (
    one !== undefined &&
    one.name === other.name &&
    one.mark === other.mark &&
    one.note === other.note &&
    one.project === other.project &&
    one.trusted === other.trusted &&
    one.version === other.version
  );
}
