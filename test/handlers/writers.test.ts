/** Several writers of one secret or one name at the same time, on the functions in this process. */

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../lib/http/routes.ts";
import { type Functions, type Message, startFunctions } from "../support/functions.ts";

const writers = Array.from({ length: 20 }, (_, index) => index);
const secret = { name: "secret", data: {}, secret_type: "CREDENTIALS" };

let functions: Functions;

beforeAll(async () => {
  functions = await startFunctions();
});
afterAll(async () => await functions.close());

/** Calls functions in its own domain. They have more time than on AWS, because twenty at once are slow here. */
function newDomain() {
  const domain_id = `domain-${randomUUID()}`;
  const settings = { remainingMs: 60_000 };
  return {
    do: async (route: Route, message: object): Promise<Message> =>
      Object(await functions.do(route, { ...message, domain_id }, settings)),
    /** `OK`, or the error's code. */
    outcomeOf: async (route: Route, message: object): Promise<string> => {
      const outcome = await functions.call(route, { ...message, domain_id }, settings);
      if (outcome.kind === "killed") return outcome.kind;
      return outcome.status === 200 ? "OK" : String(Object(outcome.body["detail"]).code);
    },
  };
}

type Domain = ReturnType<typeof newDomain>;

async function create(domain: Domain, name = "secret"): Promise<unknown> {
  return (await domain.do("create", { ...secret, name }))["secret_id"];
}

function countBy(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(outcomes)].sort().map((one) => [one, outcomes.filter((o) => o === one).length]),
  );
}

describe("twenty concurrent writers", () => {
  it("who create the same name: one succeeds", async () => {
    const domain = newDomain();

    const outcomes = await Promise.all(
      writers.map(async (index) => await domain.outcomeOf("create", { ...secret, data: { index } })),
    );

    expect(countBy(outcomes)).toEqual({ ERROR_SAVE_UNIQUE_VALUES: 19, OK: 1 });
    const { results } = await domain.do("list", {});
    expect(results).toMatchObject([{ name: "secret", version: 1 }]);
    const [{ secret_id }] = results as readonly [Message];
    expect(await domain.do("get-data", { secret_id })).toMatchObject({ data: { index: outcomes.indexOf("OK") } });
  });

  it("who rename to the same name: one succeeds, and the others keep their names", async () => {
    const domain = newDomain();
    const names = writers.map((index) => `s-${String(index).padStart(2, "0")}`);
    const ids = await Promise.all(names.map(async (name) => await create(domain, name)));

    const outcomes = await Promise.all(
      ids.map(async (secret_id) => await domain.outcomeOf("update", { secret_id, name: "wanted" })),
    );

    expect(countBy(outcomes)).toEqual({ ERROR_SAVE_UNIQUE_VALUES: 19, OK: 1 });
    const winner = outcomes.indexOf("OK");
    const { results } = await domain.do("list", { query: { only: ["name"], sort: { key: "name" } } });
    expect(results).toEqual([...names.toSpliced(winner, 1), "wanted"].map((name) => ({ name })));
    // The name that the winner freed is available.
    expect(await domain.outcomeOf("create", { ...secret, name: names[winner] })).toBe("OK");
  });

  it("who replace the version that they have read: one succeeds", async () => {
    const domain = newDomain();
    const secret_id = await create(domain);

    const outcomes = await Promise.all(
      writers.map(
        async (index) => await domain.outcomeOf("update-data", { secret_id, data: { index }, expected_version: 1 }),
      ),
    );

    expect(countBy(outcomes)).toEqual({ ERROR_VERSION_CONFLICT: 19, OK: 1 });
    const data = { index: outcomes.indexOf("OK") };
    expect(await domain.do("get-data", { secret_id })).toMatchObject({ data, version: 2 });
  });

  it("who replace any version: each success is one complete version", async () => {
    const domain = newDomain();
    const secret_id = await create(domain);

    const outcomes = await Promise.all(
      writers.map(async (index) => await domain.outcomeOf("update-data", { secret_id, data: { index } })),
    );

    const { ERROR_VERSION_CONFLICT: lost = 0, OK: won = 0, ...others } = countBy(outcomes);
    expect(others).toEqual({});
    expect(won).toBeGreaterThan(0);
    expect(won + lost).toBe(20);
    expect(await domain.do("get", { secret_id })).toMatchObject({ version: 1 + won });
    const kept = Array.from({ length: Math.min(5, 1 + won) }, (_, index) => 1 + won - index);
    const versions = await Promise.all(
      kept.map(async (version) => await domain.do("get-data", { secret_id, version })),
    );
    expect(new Set(versions.map(({ data }) => JSON.stringify(data))).size).toBe(kept.length);
  });

  it("who update and delete one secret: it is deleted, with its name and data", async () => {
    const domain = newDomain();
    const secret_id = await create(domain);

    const [deleted = "", ...others] = await Promise.all([
      domain.outcomeOf("delete", { secret_id }),
      ...writers.slice(0, 10).map(async (index) => await domain.outcomeOf("update", { secret_id, name: `s-${index}` })),
      ...writers.slice(10).map(async (index) => await domain.outcomeOf("update-data", { secret_id, data: { index } })),
    ]);
    if (deleted !== "OK") await domain.do("delete", { secret_id });

    const expected = ["ERROR_NOT_FOUND", "ERROR_VERSION_CONFLICT", "OK"];
    expect([deleted, ...others].filter((outcome) => !expected.includes(outcome))).toEqual([]);
    expect(await domain.do("list", {})).toEqual({ results: [], total_count: 0 });
    const names = ["secret", ...writers.slice(0, 10).map((index) => `s-${index}`)];
    const again = await Promise.all(names.map(async (name) => await domain.outcomeOf("create", { ...secret, name })));
    expect(again).toEqual(names.map(() => "OK"));
  });
});
