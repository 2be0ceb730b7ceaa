import { describe, expect, it } from "vitest";
import { noAnswer, parseAnswer } from "../../client/transport.ts";
import { JsonText } from "../../lib/base/json-text.ts";

const target = "https://api.example/get";

/** The error as Node.js throws it. */
function failed(syscall: string, code: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code });
}

describe("a call that got no answer", () => {
  it.each([
    ["getaddrinfo", "ENOTFOUND", true],
    ["getaddrinfo", "EAI_AGAIN", true],
    ["connect", "ECONNREFUSED", true],
    ["connect", "EHOSTUNREACH", true],
    ["connect", "ENETUNREACH", true],
    ["connect", "ETIMEDOUT", true],
    ["read", "EHOSTUNREACH", false],
    ["read", "ENETUNREACH", false],
    ["read", "ECONNRESET", false],
    ["write", "EHOSTUNREACH", false],
    ["write", "EPIPE", false],
  ])("that failed in %s with %s was not sent: %s", (syscall, code, isUnprocessed) => {
    const cause = failed(syscall, code);

    for (const failure of [cause, new TypeError("fetch failed", { cause })])
      expect(noAnswer(failure, "here")).toMatchObject({ code: "ERROR_UNAVAILABLE", cause, isUnprocessed });
  });

  const [refused, broken] = [failed("connect", "ECONNREFUSED"), failed("read", "ECONNRESET")];

  it.each([
    ["undici waited for a connection too long", Object.assign(new Error(), { code: "UND_ERR_CONNECT_TIMEOUT" }), true],
    ["undici waited for an answer too long", Object.assign(new Error(), { code: "UND_ERR_HEADERS_TIMEOUT" }), false],
    ["no address could be connected to", new AggregateError([refused, failed("connect", "ENETUNREACH")]), true],
    ["one of several failures came later", new AggregateError([refused, broken]), false],
    ["nothing is known about the cause", new AggregateError([]), false],
    ["there is no error", undefined, false],
  ])("where %s", (_, cause, isUnprocessed) => {
    expect(noAnswer(cause, "here")).toMatchObject({ isUnprocessed });
  });
});

describe("an answer", () => {
  const data = { data: {}, encrypted: false, encrypt_options: {}, version: 1, etag: "e" };

  it.each([
    ["create", {}, { secret_id: "secret-1" }],
    ["delete", {}, {}],
    ["update-data", {}, {}],
    ["get-data", {}, { ...data, not_modified: true }],
    ["get", { only: [] }, { secret_id: "secret-1" }],
    ["get", { only: ["name", "tags.env"] }, { name: "n" }],
    ["get", { only: ["project_id"] }, { project_id: null }],
    ["list", {}, { results: [], total_count: 0 }],
    ["stat", {}, { results: [] }],
  ] as const)("of %s to %j is accepted with its required fields: %j", (route, message, answer) => {
    const taken = parseAnswer(JSON.stringify(answer), { route, message, target }, { status: 200 });

    expect(Object.keys(taken)).toEqual(Object.keys(answer));
  });

  it.each([
    ["create", {}, {}, "it lacks secret_id"],
    ["update", {}, { message: "done" }, "it lacks secret_id"],
    ["delete", {}, { message: "timed out" }, "an answer to delete has no members"],
    ["update-data", {}, { message: "s3cr3t" }, "an answer to update-data has no members"],
    ["get-data", {}, { ...data, data: undefined }, "it lacks data"],
    ["get-data", {}, { ...data, data: "s3cr3t" }, "it lacks data"],
    ["get-data", {}, { ...data, encrypted: undefined }, "it lacks encrypted"],
    ["get-data", {}, { ...data, version: "1" }, "it lacks version"],
    ["get-data", {}, { ...data, etag: undefined }, "it lacks etag"],
    ["get", {}, {}, "it lacks secret_id"],
    ["get", { only: ["name"] }, { secret_id: "secret-1" }, "it lacks name"],
    ["list", {}, { results: [] }, "it lacks total_count"],
    ["list", {}, { total_count: 1 }, "it lacks results"],
    ["stat", {}, {}, "it lacks results"],
    ["stat", {}, [], "it is no JSON object"],
    ["create", {}, "created", "it is no JSON object"],
  ] as const)("of %s to %j is refused: %j", (route, message, answer, reason) => {
    const take = () => parseAnswer(JSON.stringify(answer), { route, message, target }, { status: 200, requestId: "r" });

    expect(take).toThrow(
      expect.objectContaining({
        code: "ERROR_UNAVAILABLE",
        message: `The answer is not the service's: ${reason}. (${target} answered with status 200)`,
        requestId: "r",
        isUnprocessed: false,
      }),
    );
  });
});

describe("an answer to several items", () => {
  const data = { secret_id: "s", data: {}, encrypted: false, encrypt_options: {}, version: 1, etag: "e" };
  const error = { code: "ERROR_NOT_FOUND", message: "…" };
  const message = { items: [{ secret_id: "s" }, { name: "n" }] };
  const called = { route: "get-data", message, target } as const;

  it("has each secret's data as its original text, and each error with the request id", () => {
    const text = `{"results":[${JSON.stringify({ ...data, data: 0 }).replace('"data":0', '"data":{"2":1.10,"1":9007199254740993}')},
      ${JSON.stringify({ name: "n", error })}]}`;

    const { results } = parseAnswer(text, called, { status: 200, requestId: "r" });

    const exact = new JsonText('{"2":1.10,"1":9007199254740993}');
    expect(results).toEqual([
      { ...data, data: exact },
      { name: "n", error: { ...error, requestId: "r" } },
    ]);
  });

  it.each([
    [{}, "it lacks 2 results"],
    [data, "it lacks 2 results"],
    [{ results: {} }, "it lacks 2 results"],
    [{ results: [data] }, "it lacks 2 results"],
    [{ results: [data, data, data] }, "it lacks 2 results"],
    [{ results: [data, "s3cr3t"] }, "it is no JSON object"],
    [{ results: [data, {}] }, "it lacks secret_id of results[1]"],
    [{ results: [{ ...data, etag: undefined }, data] }, "it lacks etag of results[0]"],
    [{ results: [data, { ...data, data: "s3cr3t" }] }, "it lacks data of results[1]"],
    [{ results: [data, { error: { code: "ERROR_NOT_FOUND" } }] }, "it lacks message of results[1]"],
    [{ results: [{ error: { message: "…" } }, data] }, "it lacks code of results[0]"],
    [{ results: [{ error: "s3cr3t" }, data] }, "it lacks secret_id of results[0]"],
  ])("is refused without its required fields: %j", (answer, reason) => {
    const take = () => parseAnswer(JSON.stringify(answer), called, { status: 200, requestId: "r" });

    expect(take).toThrow(
      expect.objectContaining({
        code: "ERROR_UNAVAILABLE",
        message: `The answer is not the service's: ${reason}. (${target} answered with status 200)`,
      }),
    );
  });
});
