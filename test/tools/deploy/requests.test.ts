/**
 * The functions' roles grant exactly the requests that they send to AWS. The requests are recorded before the tables
 * and the key, while the functions do everything that they can.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../../lib/http/routes.ts";
import { failure } from "../../store/fault-proxy.ts";
import { type CallSettings, type Functions, startFunctions } from "../../support/functions.ts";
import { expectedSecurity } from "./expected.ts";
import { type IamRequest, isAllowed } from "./iam.ts";
import { packageTemplate, packagingMs, stageParameters } from "./package-template.ts";
import { keyRequest, keyRight, listingMutants, mutantsOf, tableRequests, tableRights } from "./requests.ts";
import { rights, sealedRights, unkeptRights } from "./rights.ts";
import { at, type Template } from "./template.ts";

let functions: Functions;
let template: Template;

beforeAll(async () => {
  template = await packageTemplate("prod", stageParameters.prod);
}, packagingMs);
beforeAll(async () => {
  functions = await startFunctions({ DATA_VERSIONS_KEPT: "2", DATA_KEY_CACHE_SECONDS: "0", SEALED_ONLY: "false" });
});
afterEach(() => {
  for (const proxy of Object.values(functions.proxies)) proxy.reset();
});
afterAll(async () => await functions.close());

interface Ids {
  readonly plain: string;
  readonly trusted: string;
  readonly dependent: string;
  /** The etag of the plain secret's data. */
  readonly etag: string;
}

let domains = 0;

interface Filled {
  readonly domain_id: string;
  readonly ids: Ids;
}

/** One after the other: all at once, KMS would exceed the functions' timeouts on a busy machine. */
async function fillAll(count: number): Promise<readonly Filled[]> {
  const filled: Filled[] = [];
  while (filled.length < count) filled.push(await fill());
  return filled;
}

/** A domain with a secret, and one with a trusted secret; made by functions with all rights. */
async function fill(): Promise<Filled> {
  domains += 1;
  const domain_id = `domain-${domains}`;
  const create = async (name: string, more: object = {}) => {
    const base = { domain_id, project_id: "project-1", name, data: { name }, secret_type: "CREDENTIALS" };
    return String((await functions.do("create", { ...base, ...more }))["secret_id"]);
  };
  const [plain, trusted] = [await create("plain", { client_token: "first" }), await create("trusted")];
  const dependent = await create("dependent", { trusted_secret_id: trusted });
  await functions.do("update-data", { domain_id, secret_id: plain, data: {}, client_token: "second" });
  const { etag } = await functions.do("get-data", { domain_id, secret_id: plain, sealed: true });
  return { domain_id, ids: { plain, trusted, dependent, etag: String(etag) } };
}

interface Case {
  readonly title: string;
  readonly message: (ids: Ids) => object;
  readonly settings?: CallSettings;
}

const made = { name: "new", data: { a: 1 }, secret_type: "CREDENTIALS" };
const inProject: CallSettings = { claims: { projects: "[project-1]" } };
const where = (key: string, value: string) => ({ query: { filter: [{ key, value, operator: "eq" }] } });
const count = { aggregate: [{ count: { name: "n" } }] };

/** All different ways in which a method works. */
const cases: { readonly [Name in Route]: readonly Case[] } = {
  create: [
    { title: "plainly", message: () => made },
    { title: "under a trusted secret", message: ({ trusted }) => ({ ...made, trusted_secret_id: trusted }) },
    {
      title: "as a caller of projects",
      message: ({ trusted }) => ({ ...made, trusted_secret_id: trusted, project_id: "project-1" }),
      settings: inProject,
    },
    {
      title: "again",
      message: () => ({
        ...{ name: "plain", data: { name: "plain" }, secret_type: "CREDENTIALS" },
        ...{ project_id: "project-1", client_token: "first" },
      }),
    },
  ],
  update: [
    { title: "tags", message: ({ plain }) => ({ secret_id: plain, tags: { a: 1 } }) },
    { title: "the name", message: ({ plain }) => ({ secret_id: plain, name: "renamed" }) },
    { title: "the project", message: ({ plain }) => ({ secret_id: plain, release_project: true }) },
    { title: "nothing", message: ({ plain }) => ({ secret_id: plain }) },
  ],
  delete: [
    { title: "a secret", message: ({ plain }) => ({ secret_id: plain }) },
    { title: "one under a trusted secret", message: ({ dependent }) => ({ secret_id: dependent }) },
  ],
  "update-data": [
    {
      title: "the last that is kept",
      message: ({ dependent }) => ({ secret_id: dependent, data: {}, client_token: "t" }),
    },
    {
      title: "a version that pushes out the oldest",
      message: ({ plain }) => ({ secret_id: plain, data: {}, schema: "s" }),
    },
    { title: "again", message: ({ plain }) => ({ secret_id: plain, data: {}, client_token: "second" }) },
    { title: "as a caller of projects", message: ({ plain }) => ({ secret_id: plain, data: {} }), settings: inProject },
  ],
  "get-data": [
    { title: "the current", message: ({ plain }) => ({ secret_id: plain }) },
    { title: "over a trusted secret's", message: ({ dependent }) => ({ secret_id: dependent }) },
    { title: "a version", message: ({ plain }) => ({ secret_id: plain, version: 1 }) },
    { title: "sealed", message: ({ dependent }) => ({ secret_id: dependent, sealed: true }) },
    { title: "unchanged", message: ({ plain, etag }) => ({ secret_id: plain, unless_etag: etag }) },
    { title: "by name", message: () => ({ name: "plain" }) },
    {
      title: "several",
      message: ({ trusted }) => ({ items: [{ name: "plain" }, { secret_id: trusted, version: 1 }] }),
    },
    { title: "as a caller of projects", message: ({ plain }) => ({ secret_id: plain }), settings: inProject },
  ],
  get: [
    { title: "whole", message: ({ plain }) => ({ secret_id: plain }) },
    { title: "by name", message: () => ({ name: "plain" }) },
    { title: "in part", message: ({ plain }) => ({ secret_id: plain, only: ["name"] }) },
  ],
  list: [
    { title: "all", message: () => ({}) },
    { title: "a page", message: () => ({ query: { page: { start: 2, limit: 1 }, sort: { key: "created_at" } } }) },
    { title: "the number", message: () => ({ query: { count_only: true } }) },
    { title: "by id", message: ({ plain }) => ({ secret_id: [plain] }) },
    { title: "by name", message: () => ({ name: ["plain"] }) },
    { title: "by project", message: () => ({ project_id: "project-1" }) },
    { title: "by trusted secret", message: ({ trusted }) => ({ trusted_secret_id: trusted }) },
    { title: "by service account", message: () => where("service_account_id", "sa-1") },
    { title: "as a caller of projects", message: () => ({}), settings: inProject },
  ],
  stat: [
    { title: "all", message: () => ({ query: count }) },
    { title: "by id", message: ({ plain }) => ({ query: { ...where("secret_id", plain).query, ...count } }) },
    { title: "by project", message: () => ({ query: { ...where("project_id", "project-1").query, ...count } }) },
    { title: "distinct", message: () => ({ query: { distinct: "name" } }) },
    { title: "as a caller of projects", message: () => ({ query: count }), settings: inProject },
  ],
};

const routes = Object.keys(cases) as readonly Route[];

/** A new container with exactly the environment that serverless.yml gives this function. */
async function startAs(route: Route, settings: { readonly [name: string]: string } = {}): Promise<Functions["call"]> {
  const { environments } = expectedSecurity("prod", { logDays: 365, rate: 1000, burst: 2000 });
  const told = Object.keys(Object(at(environments, `secret-prod-${route}`)));
  const untold = Object.keys(functions.environment).filter((name) => isOurs(name) && !told.includes(name));
  return await functions.newContainer({
    ...Object.fromEntries(untold.map((name) => [name, "untold"])),
    IDENTITY_URL: "",
    ...settings,
  });
}

function isOurs(name: string): boolean {
  return name.endsWith("_TABLE") || name === "KMS_KEY_ID";
}

/** The right that a request needs, in the form of `rights.ts`, and the request as IAM sees it. */
interface Asked {
  readonly right: string;
  readonly request: IamRequest;
}

/** All different requests of a function in its cases. Every case must be answered. */
async function record(route: Route, settings?: { readonly [name: string]: string }): Promise<readonly Asked[]> {
  const filled = await fillAll(cases[route].length);
  const call = await startAs(route, settings);
  for (const proxy of Object.values(functions.proxies)) proxy.reset();
  const outcomes = [];
  for (const [index, { title, message, settings: caller }] of cases[route].entries()) {
    const { domain_id, ids } = filled[index] as Filled;
    const outcome = await call(route, { domain_id, ...message(ids) }, caller);
    outcomes.push([title, outcome.kind === "answer" ? outcome.status : outcome.kind]);
  }
  expect(outcomes).toEqual(cases[route].map(({ title }) => [title, 200]));
  const { dynamodb, kms } = functions.proxies;
  const tables = { ...functions.database.tables };
  const asked = [
    ...dynamodb.requests.flatMap((request) => {
      const requests = tableRequests(request, tables, deployedTables);
      return tableRights(request, tables).map((right, index) => ({ right, request: requests[index] as IamRequest }));
    }),
    ...kms.requests.map((request) => ({ right: keyRight(request), request: keyRequest(request) })),
  ];
  return [...new Map(asked.map((one) => [JSON.stringify(one), one])).values()];
}

const deployedTables = {
  secrets: "secret-prod-secrets",
  names: "secret-prod-secret-names",
  data: "secret-prod-secret-data",
  tokens: "secret-prod-client-tokens",
  deleted: "secret-prod-deleted-secrets",
};

function rightsIn(asked: readonly Asked[]): readonly string[] {
  return [...new Set(asked.map(({ right }) => right))].sort();
}

/** Whether the table of rights grants it, with its condition or without one. */
function isGranted(route: Route, right: string): boolean {
  return rights[route].some((granted) => granted === right || granted === right.replace(/,.*/, ""));
}

/** The names of the requests that IAM allows. */
async function allowedOf(
  route: Route,
  requests: readonly (readonly [string, IamRequest])[],
): Promise<readonly string[]> {
  const allowed: string[] = [];
  for (const [what, request] of requests) {
    if (await isAllowed(template, route, request)) allowed.push(`${request.action} ${what}`);
  }
  return allowed;
}

describe.each(routes)("%s", (route) => {
  let asked: readonly Asked[];

  beforeAll(async () => {
    asked = await record(route);
  });

  it("uses all rights of its role, and no others", () => {
    expect(rightsIn(asked)).toEqual([...rights[route]].sort());
  });

  it("is allowed all of its requests by IAM", async () => {
    const requests = asked.map(({ right, request }) => [right, request] as const);

    expect(await allowedOf(route, requests)).toEqual(requests.map(([right, { action }]) => `${action} ${right}`));
  });

  it("is denied similar requests", async () => {
    const mutants = asked.flatMap(({ request }) => mutantsOf(request));

    expect(mutants.length).toBeGreaterThan(10);
    expect(await allowedOf(route, mutants)).toEqual([]);
  });

  it("is denied by IAM to every function without the right", async () => {
    for (const other of routes) {
      const requests = asked.map(({ right, request }) => [right, request] as const);
      const granted = requests.filter(([right]) => isGranted(other, right));

      expect(await allowedOf(other, requests)).toEqual(granted.map(([right, { action }]) => `${action} ${right}`));
    }
  });
});

it("delete may read only the keys of versions", async () => {
  const asked = await record("delete");
  const listing = asked.find(({ right }) => right === "dynamodb:Query data, keys alone");

  const mutants = listing === undefined ? [] : listingMutants(listing.request);
  expect(mutants).toHaveLength(4);
  expect(await allowedOf("delete", mutants)).toEqual([]);
});

it("get-data of a sealed-only stage never calls KMS", async () => {
  expect(rightsIn(await record("get-data", { SEALED_ONLY: "true" }))).toEqual([...sealedRights["get-data"]].sort());
});

it("delete in a stage that keeps no deleted secrets never reads data", async () => {
  expect(rightsIn(await record("delete", { DELETED_KEPT_DAYS: "0" }))).toEqual([...unkeptRights.delete].sort());
});

describe("a KMS key that refuses", () => {
  const denied = () => failure("AccessDeniedException");

  /** The answer to each case while KMS denies an operation. */
  async function statusesWithout(operation: string): Promise<{ readonly [call: string]: unknown }> {
    const all = routes.flatMap((route) => cases[route].map((one) => ({ ...one, route })));
    const filled = await fillAll(all.length);
    const call = await functions.newContainer({ IDENTITY_URL: "" });
    functions.proxies.kms.otherwise = (request) => (request.operation === operation ? denied() : "serve");
    const statuses: [string, unknown][] = [];
    for (const [index, { route, title, message, settings }] of all.entries()) {
      const { domain_id, ids } = filled[index] as Filled;
      const outcome = await call(route, { domain_id, ...message(ids) }, settings);
      statuses.push([`${route} ${title}`, outcome.kind === "answer" ? outcome.status : outcome.kind]);
    }
    return Object.fromEntries(statuses);
  }

  /** All other cases are answered. */
  const allBut = (failing: readonly string[]) =>
    Object.fromEntries(
      routes.flatMap((route) =>
        cases[route].map(({ title }) => [`${route} ${title}`, failing.includes(`${route} ${title}`) ? 503 : 200]),
      ),
    );
  const writing = [
    ...["create plainly", "create under a trusted secret", "create as a caller of projects", "create again"],
    ...["update-data the last that is kept", "update-data a version that pushes out the oldest"],
    "update-data as a caller of projects",
  ];
  const opening = [
    ...["get-data the current", "get-data over a trusted secret's", "get-data a version"],
    ...["get-data by name", "get-data as a caller of projects"],
  ];

  it.each([
    ["GenerateDataKey", writing],
    ["Decrypt", opening],
  ])("%s stops only the methods that need it", async (operation, failing) => {
    expect(await statusesWithout(operation)).toEqual(allBut(failing));
  });
});
