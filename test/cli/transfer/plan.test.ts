import { describe, expect, it } from "vitest";
import { type Entry, type Found, toCandidate, toDataText, toName } from "../../../cli/transfer/entry.ts";
import { type Existing, type ExistingSecret, type PlanRow, planImport } from "../../../cli/transfer/plan.ts";

const there: ExistingSecret = {
  secret_id: "secret-000000000001",
  name: "db",
  tags: { env: "prod" },
  schema: null,
  project_id: null,
  service_account_id: null,
  trusted_secret_id: null,
  version: 1,
  expires_at: null,
};

function existing(fields: Partial<ExistingSecret> = {}, dataText: string | undefined = '{"a":1}'): Existing {
  return { secret: { ...there, ...fields }, dataText };
}

function plan(found: readonly Found[], ...secrets: readonly Existing[]): readonly PlanRow[] {
  const checked = found.map((one) => (one.kind === "entry" ? toCandidate(one, {}, {}) : one));
  return planImport(checked, new Map(secrets.map((one) => [one.secret.name, one])));
}

function entry(fields: Partial<Entry> = {}): Entry {
  return { kind: "entry", path: "db", dataText: '{"a":1}', ...fields };
}

/** The rows of the table, and what would be written. */
function shown(rows: readonly PlanRow[]): readonly object[] {
  return rows.map((row) => ({
    action: row.action,
    ...(row.reason !== undefined && { reason: row.reason }),
    ...("texts" in row && { texts: row.texts }),
    ...("changes" in row && { changes: row.changes }),
  }));
}

describe("the plan for one secret", () => {
  it.each([
    { what: "is created", found: {}, before: undefined, row: { action: "create" } },
    {
      what: "is created with its versions",
      found: { earlier: ["{}"] },
      before: undefined,
      row: { action: "create", reason: "2 versions" },
    },
    { what: "is unchanged", found: {}, before: existing(), row: { action: "unchanged" } },
    {
      what: "is left alone where its data was not read",
      found: { dataText: "{}" },
      before: { secret: there, dataText: undefined },
      row: { action: "skipped", reason: "exists" },
    },
    {
      what: "gets new data",
      found: { dataText: '{"a":2}' },
      before: existing(),
      row: { action: "new version", reason: "data", texts: ['{"a":2}'], changes: {} },
    },
    {
      what: "gets data that is another text of the same values",
      found: { dataText: '{"a":1.0}' },
      before: existing(),
      row: { action: "new version", reason: "data", texts: ['{"a":1.0}'], changes: {} },
    },
    {
      what: "gets a schema, which comes with data alone",
      found: { schema: "s" },
      before: existing(),
      row: { action: "new version", reason: "schema", texts: ['{"a":1}'], changes: {} },
    },
    {
      what: "keeps a schema that the source does not know",
      found: {},
      before: existing({ schema: "s" }),
      row: { action: "unchanged" },
    },
    {
      what: "gets tags beside its own",
      found: { tags: { team: "a" } },
      before: existing(),
      row: { action: "update", reason: "tags", changes: { tags: { team: "a" }, merge_tags: true } },
    },
    {
      what: "keeps tags that say the same",
      found: { tags: { env: "prod" } },
      before: existing({ tags: { env: "prod", other: 1 } }),
      row: { action: "unchanged" },
    },
    {
      what: "gets tags whole where one is null, which a merge would take away",
      found: { tags: { none: null } },
      before: existing(),
      row: { action: "update", reason: "tags", changes: { tags: { env: "prod", none: null } } },
    },
    {
      what: "gets a date and a project",
      found: { expires_at: "2030-01-01", project_id: "p" },
      before: existing(),
      row: {
        action: "update",
        reason: "project_id, expires_at",
        changes: { project_id: "p", expires_at: "2030-01-01T00:00:00.000Z" },
      },
    },
    {
      what: "keeps a date that is written in another way",
      found: { expires_at: "2030-01-01" },
      before: existing({ expires_at: "2030-01-01T00:00:00.000Z" }),
      row: { action: "unchanged" },
    },
    {
      what: "gets a date with new data",
      found: { expires_at: "2030-01-01", dataText: "{}", tags: { a: 1 } },
      before: existing(),
      row: { action: "new version", reason: "data", texts: ["{}"], changes: { tags: { a: 1 }, merge_tags: true } },
    },
    {
      what: "is refused another service account",
      found: { service_account_id: "sa-2" },
      before: existing(),
      row: { action: "refused", reason: "has another service account, which cannot change once a secret exists" },
    },
  ])("$what", ({ found, before, row }) => {
    const rows = plan([entry(found)], ...(before === undefined ? [] : [before]));

    expect(shown(rows)).toEqual([row]);
  });

  const versions = { earlier: ['{"v":1}', '{"v":2}'], dataText: '{"v":1}' };

  it.each([
    { version: 1, current: '{"v":1}', texts: ['{"v":2}', '{"v":1}'] },
    { version: 2, current: '{"v":2}', texts: ['{"v":1}'] },
    { version: 3, current: '{"v":1}', texts: undefined },
    { version: 9, current: '{"v":2}', texts: ['{"v":1}'] },
    { version: 1, current: '{"other":1}', texts: ['{"v":1}'] },
  ])("continues after version $version, and adds only the newest to foreign data", ({ version, current, texts }) => {
    const [row] = shown(plan([entry(versions)], existing({ version }, current)));

    expect(Reflect.get(row ?? {}, "texts")).toEqual(texts);
  });
});

describe("several secrets of a plan", () => {
  it("that would have the same name are all refused", () => {
    const rows = planImport(
      [entry({ path: "/a" }), entry({ path: "a" }), entry({ path: "b" })].map((one) =>
        toCandidate(one, { strip: "/", prefix: "p-" }, {}),
      ),
      new Map(),
    );

    const reason = "2 secrets of the source would have this name: /a, a";
    expect(rows.map(({ name, action, reason: why }) => ({ name, action, why }))).toEqual([
      { name: "p-a", action: "refused", why: reason },
      { name: "p-a", action: "refused", why: reason },
      { name: "p-b", action: "create", why: undefined },
    ]);
  });

  it("inherit from an existing or imported secret, but not from one that inherits itself", () => {
    const rows = plan(
      [
        entry({ path: "base" }),
        entry({ path: "own", trusted: "base" }),
        entry({ path: "db", trusted: "old" }),
        entry({ path: "nowhere", trusted: "none" }),
        entry({ path: "deep", trusted: "own" }),
      ],
      existing(),
      existing({ name: "old", secret_id: "secret-000000000002" }),
    );

    expect(shown(rows)).toEqual([
      { action: "create" },
      { action: "create" },
      { action: "refused", reason: "has another trusted secret, which cannot change once a secret exists" },
      { action: "refused", reason: "inherits from none, which exists neither in the service nor in the source" },
      { action: "refused", reason: "inherits from own, which itself inherits from another secret" },
    ]);
  });
});

describe("an entry of a source", () => {
  it.each([
    { found: { path: " " }, reason: "must not be only whitespace" },
    { found: { path: "n".repeat(256) }, reason: "must have at most 255 characters" },
    { found: { dataText: `{"a":${"[".repeat(100)}${"]".repeat(100)}}` }, reason: "nests deeper than 100 levels" },
    { found: { earlier: [`{"a":"${"x".repeat(393_216)}"}`] }, reason: "must have at most 393216 bytes" },
    { found: { dataText: '{"a":1,"a":2}' }, reason: "names one member twice" },
    { found: { tags: { "": 1 } }, reason: "must have no empty keys" },
    { found: { tags: { a: "x".repeat(16_384) } }, reason: "must have at most 16384 bytes" },
    { found: { project_id: "p".repeat(41) }, reason: "must have at most 40 characters" },
    { found: { expires_at: "soon" }, reason: "must be an ISO 8601 date" },
  ])("is refused as the service would refuse it: $reason", ({ found, reason }) => {
    expect(toCandidate(entry(found), {}, {})).toEqual({
      kind: "refused",
      path: found.path ?? "db",
      reason: expect.stringContaining(reason),
    });
  });

  it("has its own values over the defaults for all entries", () => {
    const candidate = toCandidate(
      entry({ tags: { env: "dev" }, schema: "own" }),
      {},
      { tags: { env: "prod", team: "a" }, schema: "s", project: "p" },
    );

    expect(candidate).toMatchObject({ request: { tags: { env: "dev", team: "a" }, schema: "own", project_id: "p" } });
  });

  it.each([
    { path: "/prod/db", naming: {}, name: "/prod/db" },
    { path: "/prod/db", naming: { strip: "/prod/", prefix: "aws-" }, name: "aws-db" },
    { path: "/dev/db", naming: { strip: "/prod/" }, name: "/dev/db" },
  ])("is named by its path: $name", ({ path, naming, name }) => {
    expect(toName(path, naming)).toBe(name);
  });

  it.each([
    { text: '{"a" : 1.10}', dataText: '{"a":1.10}' },
    { text: "[1]", dataText: '{"value":"[1]"}' },
    { text: "123", dataText: '{"value":"123"}' },
    { text: "pass", dataText: '{"value":"pass"}' },
  ])("of a string becomes a JSON object, or a value: $text", ({ text, dataText }) => {
    expect(toDataText(text)).toBe(dataText);
  });
});
