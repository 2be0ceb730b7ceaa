/** get_data of several secrets: each is answered as if requested alone, and fails separately. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { CorruptDataError } from "../../lib/crypto/envelope.ts";
import { World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });
const unknownId = "secret-000000000000";

/** A world with the secrets `a` and `b` of the projects of these names. */
async function worldWithTwo() {
  const world = new World();
  const a = await world.create({ name: "a", project_id: "a", data: { of: "a" } });
  const b = await world.create({ name: "b", project_id: "b", data: { of: "b" } });
  world.store.calls.length = 0;
  return { world, a: a.secret_id, b: b.secret_id };
}

const answerOf = (secret_id: string, data: object) => ({
  kind: "answer",
  result: expect.objectContaining({ secret_id, data: JsonText.of({ ...data } as never) }),
});

describe("several secrets", () => {
  it("are returned in the requested order, by id and by name", async () => {
    const { world, a, b } = await worldWithTwo();

    expect(await world.getItems([{ name: "b" }, { secret_id: a }])).toMatchObject([
      answerOf(b, { of: "b" }),
      answerOf(a, { of: "a" }),
    ]);
    expect(world.store.calls[0]).toBe("readAhead 2");
  });

  it("are answered as they would be alone", async () => {
    const { world, a } = await worldWithTwo();
    await world.updateData(a, { of: "new" });
    const { etag } = await world.getData(a);
    const messages = [{}, { version: 1 }, { unless_etag: etag }];

    const together = await world.getItems(messages.map((message) => ({ secret_id: a, ...message })));

    const alone = [];
    for (const message of messages) alone.push(await world.getData(a, message));
    expect(together.map((item) => item.kind === "answer" && item.result)).toEqual(alone);
  });

  it("come sealed on request, without a call to KMS", async () => {
    const { world, a, b } = await worldWithTwo();

    const answers = await world.getItems([{ secret_id: a }, { secret_id: b }], { sealed: true });

    expect(answers).toMatchObject([a, b].map((secret_id) => ({ result: { secret_id, encrypted: true } })));
    expect(world.keys.calls.unwrapDataKey).toBe(0);
  });

  it("are opened once each, however often they are requested", async () => {
    const { world, a } = await worldWithTwo();
    const trusting = await world.create({ name: "c", data: { own: 1 }, trusted_secret_id: a });
    const items = [{ secret_id: a }, { name: "a" }, { secret_id: a, unless_etag: "1-x" }, { name: "c" }];

    const answers = await world.getItems([...items, { secret_id: trusting.secret_id }]);

    expect(answers.map(({ kind }) => kind)).toEqual(Array(5).fill("answer"));
    expect(world.keys.calls.unwrapDataKey).toBe(2);
  });

  it("fail one by one, with the same error as alone", async () => {
    const { world, a } = await worldWithTwo();
    world.projects = ["a"];

    const answers = await world.getItems([
      { secret_id: unknownId },
      { name: "b" },
      { name: "nobody's" },
      { secret_id: a, version: 9 },
      { secret_id: a },
    ]);

    expect(answers.map((item) => (item.kind === "failure" ? item.error : "answered"))).toEqual([
      notFound("secret_id", unknownId),
      notFound("name", "b"),
      notFound("name", "nobody's"),
      notFound("version", "9"),
      "answered",
    ]);
    expect(world.keys.calls.unwrapDataKey).toBe(1);
  });

  it("do not fail together if the data of one does not open", async () => {
    const { world, a, b } = await worldWithTwo();
    const { store } = world;
    world.secrets = new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (name !== "findData") return typeof member === "function" ? member.bind(target) : member;
        return async (domain: string, id: string, version: number | null) => {
          const row = await target.findData(domain, id, version);
          return id === a && row !== undefined ? { ...row, commitment: new Uint8Array(32) } : row;
        };
      },
    });

    expect(await world.getItems([{ secret_id: a }, { secret_id: b }])).toMatchObject([
      { kind: "failure", error: new CorruptDataError() },
      answerOf(b, { of: "b" }),
    ]);
  });

  it("fail as a whole if the time is up", async () => {
    const { world, a } = await worldWithTwo();
    const reason = new SecretError("ERROR_REQUEST_TIMEOUT", {});
    world.signal = AbortSignal.abort(reason);

    await expect(world.getItems([{ secret_id: a }])).rejects.toBe(reason);
  });
});
