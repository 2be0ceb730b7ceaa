/** A call of each method, with the state before and after. */

import type { Route } from "../../lib/http/routes.ts";
import type { CallSettings, Functions } from "../support/functions.ts";

/** The secrets of a domain by name, as callers see them. */
export interface State {
  readonly [name: string]: SecretState;
}

export interface SecretState {
  readonly project_id: string | null;
  readonly tags: object;
  readonly trusted: string | null;
  /** Data by version, merged with the trusted secret's data. */
  readonly data: { readonly [version: number]: object };
}

/** The id of each secret by name. */
export interface Ids {
  readonly [name: string]: string;
}

export interface Scenario {
  readonly title: string;
  /** A method, or the operator's tool. */
  readonly route: Route | "undelete";
  /** The name of a secret that is deleted before. */
  readonly deleted?: string;
  /** The message without its domain. */
  readonly message: (call: { readonly ids: Ids; readonly marker: string }) => object;
  /** Reads the large domain of several pages, by parallel requests, instead of a new one. */
  readonly isLarge?: true;
  readonly settings?: CallSettings;
  /** The domain's state afterwards. Absent: unchanged. */
  readonly after?: (before: State) => State;
}

export const versionsKept = 2;

const plain: SecretState = {
  project_id: "project-1",
  tags: { n: 1 },
  trusted: null,
  data: { 1: { a: 1 }, 2: { a: 2 } },
};
const trusted: SecretState = { project_id: "project-1", tags: {}, trusted: null, data: { 1: { t: 1, a: 0 } } };
const dependent: SecretState = {
  project_id: "project-1",
  tags: {},
  trusted: "trusted",
  data: { 1: { t: 1, a: 1 } },
};

/** The initial state of every domain. */
const before: State = { plain, trusted, dependent };

/** The domain's state when the scenario's call begins. */
export function beforeOf({ deleted }: Scenario): State {
  return Object.fromEntries(Object.entries(before).filter(([name]) => name !== deleted));
}

/** Prepares what the scenario needs after `fill`. */
export async function prepare(functions: Functions, scenario: Scenario, domain_id: string, ids: Ids): Promise<void> {
  if (scenario.deleted === undefined) return;
  await functions.do("delete", { domain_id, secret_id: ids[scenario.deleted] });
}

/** Creates the secrets of `before`, and returns their ids by name. */
export async function fill(functions: Functions, domain_id: string): Promise<Ids> {
  const base = { domain_id, project_id: "project-1", secret_type: "CREDENTIALS" };
  const create = async (message: object) =>
    String((await functions.do("create", { ...base, ...message }))["secret_id"]);
  const [plainId, trustedId] = await Promise.all([
    create({ name: "plain", tags: { n: 1 }, data: { a: 1 } }),
    create({ name: "trusted", data: { t: 1, a: 0 } }),
  ]);
  const dependentId = await create({ name: "dependent", trusted_secret_id: trustedId, data: { a: 1 } });
  await functions.do("update-data", { domain_id, secret_id: plainId, data: { a: 2 } });
  return { plain: plainId, trusted: trustedId, dependent: dependentId };
}

/** The current state, as a caller sees it. */
export async function observe(functions: Functions, domain_id: string): Promise<State> {
  const { results } = await functions.do("list", { domain_id });
  const secrets = results as readonly Record<string, unknown>[];
  const nameOf = (id: unknown) => String(secrets.find(({ secret_id }) => secret_id === id)?.["name"] ?? "nobody");
  const states = secrets.map(async ({ secret_id, name, project_id, tags, trusted_secret_id, version }) => {
    const kept = Array.from({ length: versionsKept }, (_, age) => Number(version) - age).filter((number) => number > 0);
    const data = kept.map(async (number) => {
      const { data } = await functions.do("get-data", { domain_id, secret_id, version: number });
      return [number, data] as const;
    });
    const trusted = trusted_secret_id === null ? null : nameOf(trusted_secret_id);
    return [String(name), { project_id, tags, trusted, data: Object.fromEntries(await Promise.all(data)) }] as const;
  });
  return Object.fromEntries(await Promise.all(states)) as State;
}

const inProject = { claims: { projects: "[project-1]" } };

/** A filter that matches all rows, so that every request contains the marker. */
const notNamed = (marker: string) => ({ filter: [{ k: "name", v: marker, o: "not" }] });

export const scenarios: readonly Scenario[] = [
  {
    title: "create",
    route: "create",
    message: ({ ids }) => ({
      name: "new",
      data: { a: 9 },
      secret_type: "CREDENTIALS",
      tags: { n: 9 },
      service_account_id: "sa-1",
      project_id: "project-1",
      trusted_secret_id: ids["trusted"],
      client_token: "token-1",
    }),
    after: (state) => ({
      ...state,
      new: { project_id: "project-1", tags: { n: 9 }, trusted: "trusted", data: { 1: { t: 1, a: 9 } } },
    }),
  },
  {
    title: "update",
    route: "update",
    message: ({ ids }) => ({ secret_id: ids["plain"], name: "renamed", tags: { n: 2 }, project_id: "project-2" }),
    after: ({ plain: old, ...others }) => ({
      ...others,
      renamed: { ...(old as SecretState), tags: { n: 2 }, project_id: "project-2" },
    }),
  },
  {
    title: "update-data",
    route: "update-data",
    message: ({ ids }) => ({ secret_id: ids["plain"], data: { a: 3 }, expected_version: 2, client_token: "token-2" }),
    after: (state) => ({ ...state, plain: { ...plain, data: { 2: { a: 2 }, 3: { a: 3 } } } }),
  },
  {
    title: "delete",
    route: "delete",
    message: ({ ids }) => ({ secret_id: ids["dependent"] }),
    after: ({ dependent: _, ...others }) => others,
  },
  {
    title: "undelete",
    route: "undelete",
    deleted: "dependent",
    message: ({ ids }) => ({ secret_id: ids["dependent"] }),
    after: (state) => ({ ...state, dependent }),
  },
  {
    title: "get-data",
    route: "get-data",
    message: ({ ids }) => ({ secret_id: ids["dependent"] }),
    settings: inProject,
  },
  {
    title: "get-data of a version",
    route: "get-data",
    message: ({ ids }) => ({ secret_id: ids["plain"], version: 2 }),
  },
  { title: "get", route: "get", message: ({ ids }) => ({ secret_id: ids["plain"] }) },
  { title: "list", route: "list", message: () => ({}) },
  { title: "list by ids", route: "list", message: ({ ids }) => ({ secret_id: Object.values(ids) }) },
  { title: "list by names", route: "list", message: () => ({ name: ["plain", "trusted"] }) },
  {
    title: "counting of projects",
    route: "list",
    message: () => ({ project_id: ["project-1", "project-2"], query: { count_only: true } }),
  },
  { title: "stat", route: "stat", message: () => ({ query: { aggregate: [{ count: { name: "n" } }] } }) },
  {
    title: "list of several pages",
    route: "list",
    message: ({ marker }) => ({ query: { ...notNamed(marker), only: ["secret_id"] } }),
    isLarge: true,
  },
  {
    title: "stat of several pages",
    route: "stat",
    message: ({ marker }) => ({ query: { ...notNamed(marker), aggregate: [{ count: { name: "n" } }] } }),
    isLarge: true,
  },
];
