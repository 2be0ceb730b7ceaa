/** Answers to failed calls, in the form of the way in. */

import { describe, expect, it } from "vitest";
import type { Route } from "../../lib/http/routes.ts";
import { expectFailure, invoke, lambdaClient, newDomain, post, secret, tokenFor } from "./service.ts";

const missing = { secret_id: "secret-0123456789ab" };

/** One call for each error that a single caller can cause, in a domain with a secret `secret`. */
const mistakes: readonly (readonly [Route, object, number, string, string])[] = [
  ["create", { ...secret, name: "" }, 400, "ERROR_REQUIRED_PARAMETER", "Required parameter. (key = name)"],
  [
    "get",
    { secret_id: 1 },
    400,
    "ERROR_INVALID_PARAMETER_TYPE",
    "Parameter type is invalid. (key = secret_id, type = string)",
  ],
  [
    "get",
    { ...missing, only_: 1 },
    400,
    "ERROR_INVALID_PARAMETER",
    'Parameter is invalid. (key = only_, reason = unknown field, did you mean "only"?)',
  ],
  [
    "list",
    { query: { filter: [{ key: "nope", value: 1, operator: "eq" }] } },
    400,
    "ERROR_DB_QUERY",
    expect.stringMatching(/^Database query failed\. \(reason = .*nope.*\)$/),
  ],
  [
    "list",
    { query: { filter: [{ key: "name", value: "a", operator: "in" }] } },
    400,
    "ERROR_OPERATOR_LIST_VALUE_TYPE",
    expect.stringMatching(/^The value of 'in operator' must be a list type\. \(key = .*name.*\)$/),
  ],
  [
    "get",
    missing,
    404,
    "ERROR_NOT_FOUND",
    "Resource cannot be found or access is denied. (secret_id = secret-0123456789ab)",
  ],
  [
    "create",
    secret,
    409,
    "ERROR_SAVE_UNIQUE_VALUES",
    "Tried to save duplicate unique values. (keys = ['name', 'domain_id'])",
  ],
];

describe("a wrong request", () => {
  it.each(mistakes)(
    "of %s %j over HTTP has its status, code, message and request id",
    async (route, message, status, code, text) => {
      const domain = newDomain();
      const token = await tokenFor({ domain_id: domain });
      await post(token, "create", secret);

      const answer = await post(token, route, message);

      expectFailure(answer, status, code, text);
      expect(Object.keys(answer.body as object)).toEqual(["detail"]);
    },
  );

  it.each(mistakes)("of %s %j fails the function", async (route, message, _, code, text) => {
    const domain_id = newDomain();
    await lambdaClient().create({ ...secret, domain_id });

    const { failed, payload } = await invoke(route, { ...message, domain_id });

    expect(failed).toBe(true);
    expect(payload).toMatchObject({ errorType: code, errorMessage: expect.stringMatching(new RegExp(`^${code}: `)) });
    const { errorMessage } = payload as { readonly errorMessage: string };
    expect(errorMessage.slice(code.length + 2)).toEqual(text);
  });

  it("without a domain fails as a direct call", async () => {
    expect(await invoke("get", missing)).toMatchObject({
      failed: true,
      payload: { errorType: "ERROR_REQUIRED_PARAMETER" },
    });
  });

  it.each([null, [], "text", 1])("that is not a message fails as a direct call: %j", async (event) => {
    // serverless-offline turns an empty event into an object. Lambda passes it on.
    expect(await invoke("get", event)).toMatchObject({ failed: true });
  });
});

describe("a body", () => {
  it.each([
    ["no JSON", "{"],
    ["empty", ""],
    ["no object", "[]"],
    ["null", "null"],
    ["a string", '"text"'],
    ["no JSON but JavaScript", "{secret_id:1}"],
    ["NaN", '{"version":NaN}'],
    ["with a byte order mark", "\ufeff{}"],
    ["with a member twice", '{"secret_id":"a","secret_id":"b"}'],
    ["deeper than the stack", "[".repeat(200_000)],
    ["no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["a form", "secret_id=secret-0123456789ab"],
    ["too large", JSON.stringify({ secret_id: "x".repeat(3_000_000) })],
  ])("that is %s is refused as invalid", async (_, body) => {
    const token = await tokenFor({ domain_id: newDomain() });

    const answer = await post(token, "get", body);

    expectFailure(answer, 400, "ERROR_INVALID_PARAMETER", expect.stringContaining("(key = "));
  });

  it("is never quoted in an error", async () => {
    const token = await tokenFor({ domain_id: newDomain() });
    const marker = "hunter2-marker";

    const answers = await Promise.all(
      [
        `{"name":"n","secret_type":"CREDENTIALS","data":{"password":"${marker}"`,
        `{"name":"n","secret_type":"CREDENTIALS","data":"${marker}"}`,
        `{"name":"n","secret_type":"${marker}","data":{"password":"${marker}"}}`,
        `{"name":"n","secret_type":"CREDENTIALS","data":{"password":"${marker}","n":1e999}}`,
      ].map(async (body) => await post(token, "create", body)),
    );

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(answers.map(({ text }) => text).join()).not.toContain(marker);
  });
});
