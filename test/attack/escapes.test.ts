/**
 * Callers cannot leave their domain or their token's projects: every answer is byte for byte the same as if the secrets
 * of others did not exist, and these do not change. Scopes: test/http/endpoint.test.ts and test/e2e/access.test.ts.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SecretInfo } from "../../lib/secret/secret.ts";
import { isThorough } from "../support/thorough.ts";
import { onOne, queriesAbout, type Request } from "./requests.ts";
import { putRow, type Row, removeRow, scanRows } from "./rows.ts";
import { type Reply, type Service, startService } from "./service.ts";

let service: Service;
let victims: readonly SecretInfo[];

const marker = "marker-7b2c";
const ownMarker = "own-4e9d";

const theirs = {
  name: `secret-${marker}`,
  data: { [marker]: marker },
  secret_type: "CREDENTIALS",
  schema: `schema-${marker}`,
  service_account_id: `sa-${marker}`,
  project_id: `project-${marker}`,
  tags: { text: marker, [marker]: true, list: [{ [marker]: 1 }, marker], map: { deep: marker } },
  client_token: "theirs",
};

/** Every caller has its own secrets in the same places, so that answers are not empty. */
const ours = {
  name: `a-${ownMarker}`,
  data: { a: ownMarker },
  secret_type: "CREDENTIALS",
  schema: "schema",
  project_id: "project-2",
  tags: { text: ownMarker, list: [1] },
};

async function create(message: object, domain_id: string): Promise<SecretInfo> {
  const reply = await service.post("create", { ...message, domain_id }, { claims: { scope: "secret:system" } });
  expect(reply.status).toBe(200);
  return reply.body as SecretInfo;
}

const scopes = ["secret:read", "secret:write", "secret:data"];

const grants = [
  { id: "domain", claims: { client_id: "of-domain-2" }, domain_id: "domain-2", scopes },
  { id: "project", claims: { client_id: "of-project-2" }, domain_id: "domain-1", scopes, projects: ["project-2"] },
  { id: "domain-alias", alias: "domain-2", domain_id: "domain-2", scopes },
  { id: "project-alias", alias: "project-2", domain_id: "domain-1", scopes, projects: ["project-2"] },
];

/** A grant overrides the token's own claims. Here they name the victims' domain and the system scope. */
const boastful = { domain_id: "domain-1", scope: "secret:system" };

/** Callers by token or alias who must not see the victims. Each sends one of `every` requests. */
const callers = {
  "of another domain": { every: 1, domain_id: "domain-2" },
  "of another project": { every: 1, domain_id: "domain-1", projects: "[project-2]" },
  "of another domain, whose name begins as theirs": { every: 5, domain_id: "domain-1/" },
  "of no project": { every: 5, domain_id: "domain-1", projects: "[]" },
  "of a project whose name is the beginning of theirs": { every: 5, domain_id: "domain-1", projects: "[project-]" },
  "of the system, limited to another project": { every: 5, scope: "secret:system", projects: "[project-2]" },
  "of another domain, by a grant": { every: 5, ...boastful, client_id: "of-domain-2" },
  "of another project, by a grant": { every: 5, ...boastful, client_id: "of-project-2" },
  "of another domain, by an alias": { every: 5, alias: "domain-2" },
  "of another project, by an alias": { every: 5, alias: "project-2" },
} as const;

beforeAll(async () => {
  service = await startService({ GRANTS: JSON.stringify(grants) });
  for (const domain of ["domain-1", "domain-2", "domain-1/"]) {
    await create(ours, domain);
    await create({ ...ours, name: `b-${ownMarker}` }, domain);
  }
  const trusted = await create({ ...theirs, name: `trusted-${marker}`, client_token: "theirs too" }, "domain-1");
  const dependent = await create({ ...theirs, trusted_secret_id: trusted.secret_id }, "domain-1");
  const free = await create({ ...theirs, name: `free-${marker}`, project_id: "", client_token: "" }, "domain-1");
  victims = [trusted, dependent, free];
});
afterAll(async () => await service.close());

const tables = ["secrets", "names", "data", "tokens"] as const;
type Table = (typeof tables)[number];

/** The victims' rows in all tables. */
async function rowsOfVictims(): Promise<readonly { readonly table: Table; readonly row: Row }[]> {
  const ids = victims.map(({ secret_id }) => secret_id);
  const rows: { readonly table: Table; readonly row: Row }[] = [];
  for (const table of tables) {
    const found = (await scanRows(service.database, table)).filter((row) =>
      ids.some((id) => String(row["secret_id"] ?? row["secret"]).endsWith(id) || JSON.stringify(row).includes(marker)),
    );
    rows.push(...found.map((row) => ({ table, row })));
  }
  return rows;
}

const keys = {
  secrets: ["domain_id", "secret_id"],
  names: ["domain_id", "name"],
  data: ["secret", "version"],
  tokens: ["domain_id", "token"],
  deleted: ["secret", "part"],
};

async function withoutVictims<Result>(run: () => Promise<Result>): Promise<Result> {
  const rows = await rowsOfVictims();
  for (const { table, row } of rows) {
    await removeRow(service.database, table, Object.fromEntries(keys[table].map((key) => [key, row[key]])));
  }
  const result = await run();
  for (const { table, row } of rows) await putRow(service.database, table, row);
  return result;
}

/** `npm test` sends one of this many requests of `npm run test:deep`. */
const sparsity = isThorough ? 1 : 7;

/** One of `every` requests, and always those about what the caller may see. */
function requests(every: number): readonly Request[] {
  const [, dependent] = victims;
  if (dependent === undefined) throw new Error("there is no victim");
  return [...victims.flatMap(onOne), ...queriesAbout(dependent).filter((_, index) => index % every === 0)];
}

interface Asked {
  readonly request: string;
  readonly answer: string;
}

/** Calls by a token with these claims, or by an alias. */
async function ask(caller: object, { route, body }: Request): Promise<Reply> {
  if ("alias" in caller) return await service.invoke(route, String(caller.alias), body);
  return await service.post(route, body, { claims: caller });
}

async function askAll(caller: object, every: number): Promise<readonly Asked[]> {
  const isSystem = "scope" in caller && !("client_id" in caller);
  const domain = isSystem ? { domain_id: "domain-1" } : {};
  const asked: Asked[] = [];
  for (const { route, body } of requests(every)) {
    const { status, text } = await ask(caller, { route, body: { ...body, ...domain } });
    asked.push({ request: `${route} ${JSON.stringify(body)}`, answer: `${status} ${text}` });
  }
  return asked;
}

/** In an answer to several items, a failure repeats the requested name. */
function withoutFailedItems(answer: string): string {
  const failedItem = /\{"(secret_id|name)":"[^"]*","error":\{"code":"ERROR_NOT_FOUND","message":"[^"]*"\}\}/g;
  // Over HTTP, the body is a string.
  return answer.replaceAll('\\"', '"').replaceAll(failedItem, "");
}

describe.each(Object.entries(callers))("a caller %s", (_, { every, ...caller }) => {
  it("gets the answers it would get if the victims' secrets did not exist, and changes none of them", async () => {
    const before = await rowsOfVictims();

    const beside = await askAll(caller, every * sparsity);
    const after = await rowsOfVictims();
    const alone = await withoutVictims(async () => await askAll(caller, every * sparsity));

    const different = beside.filter(({ answer }, index) => answer !== alone[index]?.answer);
    expect(different).toEqual([]);
    // An error may quote what the caller itself sent, but never data.
    const told = beside.filter(({ answer }) => answer.startsWith("200") && withoutFailedItems(answer).includes(marker));
    expect(told).toEqual([]);
    expect(beside.filter(({ answer }) => answer.startsWith("5"))).toEqual([]);
    expect(after).toEqual(before);
  });
});

it.each([
  ["claims", { ...boastful, client_id: "of-domain-2" }],
  ["an alias", { alias: "domain-2" }],
])("a caller by a grant of %s that names the victims' domain is refused, whatever it asks", async (_, caller) => {
  const statuses = new Set<number>();
  for (const { route, body } of requests(40)) {
    statuses.add((await ask(caller, { route, body: { ...body, domain_id: "domain-1" } })).status);
  }

  // 400: some of the requests have bad queries, whoever sends them.
  expect([...statuses].sort()).toEqual([400, 403]);
});

it("the same requests reveal everything to a caller who is allowed to make them", async () => {
  const claims = { domain_id: "domain-1" };
  const reads = requests(sparsity).filter(({ route }) => ["get", "get-data", "list", "stat"].includes(route));

  const told = new Map<string, number>();
  for (const { route, body } of reads) {
    const { status, text } = await service.post(route, body, { claims });
    if (status === 200 && text.includes(marker)) told.set(route, (told.get(route) ?? 0) + 1);
  }

  expect([...told.keys()].sort()).toEqual(["get", "get-data", "list", "stat"]);
  expect(told.get("list")).toBeGreaterThan(isThorough ? 100 : 10);
  expect(told.get("stat")).toBeGreaterThan(isThorough ? 20 : 1);
});

describe("another's client_token", () => {
  const inProject = { domain_id: "domain-1", projects: "[project-2]" };

  it("of another domain is another token", async () => {
    const message = { ...theirs, project_id: "project-2" };

    const reply = await service.post("create", message, { claims: { domain_id: "domain-3" } });

    expect(reply).toMatchObject({ status: 200, body: { domain_id: "domain-3", name: message.name } });
  });

  it.each([
    { what: "the same name", message: { ...theirs, project_id: "project-2" } },
    { what: "another name", message: { ...theirs, project_id: "project-2", name: "mine" } },
  ])("does not reveal what was created with it: $what", async ({ message }) => {
    const reply = await service.post("create", message, { claims: inProject });

    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 400,
      body: {
        detail: {
          code: "ERROR_INVALID_PARAMETER",
          message: "Parameter is invalid. (key = client_token, reason = was used for another request)",
        },
      },
    });
  });
});

it("a caller learns nothing of others' secrets except that a name in its domain is taken", async () => {
  const message = { ...theirs, project_id: "project-2", client_token: "mine" };

  const reply = await service.post("create", message, { claims: { domain_id: "domain-1", projects: "[project-2]" } });

  expect(reply).toMatchObject({ status: 409, body: { detail: { code: "ERROR_SAVE_UNIQUE_VALUES" } } });
});

it("a secret still includes its trusted secret's data after that was moved to another project", async () => {
  const inProject = { claims: { domain_id: "domain-4", projects: "[project-2]" } };
  const trusted = await create({ ...ours, name: "trusted", data: { shared: ownMarker } }, "domain-4");
  const { secret_id } = await create({ ...ours, trusted_secret_id: trusted.secret_id }, "domain-4");
  const move = { secret_id: trusted.secret_id, project_id: "project-9" };
  await service.post("update", move, { claims: { domain_id: "domain-4" } });

  const itself = await service.post("get-data", { secret_id: trusted.secret_id }, inProject);
  const dependent = await service.post("get-data", { secret_id }, inProject);

  expect(itself.status).toBe(404);
  expect(dependent).toMatchObject({ status: 200, body: { data: { shared: ownMarker } } });
});
