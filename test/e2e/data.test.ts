/** Data and tags come back exactly as they went in. */

import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../lib/secret/secret.ts";
import { invoke, lambdaClient, newDomain, post, tokenFor } from "./service.ts";

const domain_id = newDomain();
let token: string;
let made = 0;

beforeAll(async () => {
  token = await tokenFor({ domain_id });
});

function createBody(data: string): string {
  return `{"name":"s-${++made}","secret_type":"CREDENTIALS","data":${data}}`;
}

function secretIdOf(answer: unknown): string {
  return String(Reflect.get(Object(answer), "secret_id"));
}

/** Stores data, given as JSON text, and returns the text that comes back. */
async function roundTrip(data: string): Promise<string> {
  const created = await post(token, "create", createBody(data));
  expect(created.status).toBe(200);
  const { text } = await post(token, "get-data", { secret_id: secretIdOf(created.body) });
  return (
    /^\{"data":(.*),"encrypted":false,"encrypt_options":\{\},"secret_id":"[^"]+","version":1,"etag":"[^"]+"\}$/s.exec(
      text,
    )?.[1] ?? text
  );
}

/** An object that takes this many bytes as JSON. */
function dataOf(bytes: number): string {
  return JSON.stringify({ key: "é".repeat((bytes - 10) / 2) });
}

const deep = `${'{"a":'.repeat(limits.dataDepth - 1)}{}${"}".repeat(limits.dataDepth - 1)}`;

describe("data over HTTP", () => {
  it.each([
    ["nothing", "{}"],
    [
      "text of all planes",
      '{"κλειδί":"пароль","鍵":"🔑 \u{1F468}\u200D\u{1F469}\u200D\u{1F467}","combining":"e\u0301","rtl":"שלום"}',
    ],
    ["control characters", JSON.stringify({ a: '\u0000\u001f\n\t"\\', "\u007f": "\u2028\u2029" })],
    ["a lone surrogate", String.raw`{"a":"\ud800"}`],
    [
      "plain keys that are none in JavaScript",
      '{"__proto__":{"admin":true},"constructor":1,"toString":null,"hasOwnProperty":""}',
    ],
    ["an empty key and empty values", '{"":"","a":{},"b":[],"c":null}'],
    ["keys in their order", '{"b":1,"10":2,"a":3,"2":4,"1":5,"nested":{"z":1,"0":2}}'],
    [
      "numbers",
      '{"big":9007199254740993,"long":0.1000000000000000055,"exp":1e+30,"tiny":5e-324,"neg":-0,"max":1.7976931348623157e308}',
    ],
    ["a list of everything", '{"list":[1,"1",true,false,null,{},[],[[1]],{"a":[{"b":[]}]}]}'],
    ["data that looks like a query", '{"$where":"1","a.b":{"$gt":""},"$set":{"x":1}}'],
    ["the deepest that is taken", deep],
    ["the largest that is taken", dataOf(limits.dataBytes)],
  ])("comes back unchanged: %s", async (_, data) => {
    const back = await roundTrip(data);

    // Not `toBe`, which would print all of a large string.
    expect(back === data || back).toBe(true);
  });

  it("comes back without whitespace between tokens", async () => {
    expect(await roundTrip('{ "b" : [ 1 , 2 ] ,\n\t"a" : " kept " }')).toBe('{"b":[1,2],"a":" kept "}');
  });

  it.each([
    [
      "one byte too large",
      `{"key":"${"x".repeat(limits.dataBytes - 9)}"}`,
      `must have at most ${limits.dataBytes} bytes as JSON`,
    ],
    ["one level too deep", `{"a":${deep}}`, `nests deeper than ${limits.dataDepth} levels`],
    ["with a number that no double can hold", '{"a":1e400}', "holds a number that no double can hold"],
    ["with a member twice", '{"a":1,"a":2}', "names one member twice"],
  ])("is refused: %s", async (_, data, reason) => {
    const { status, body } = await post(token, "create", createBody(data));

    expect({ status, body }).toEqual({
      status: 400,
      body: {
        detail: { code: "ERROR_INVALID_PARAMETER", message: `Parameter is invalid. (key = data, reason = ${reason})` },
      },
    });
  });

  it("comes back unchanged, whatever it is", async () => {
    const anyObject = fc.dictionary(fc.string({ unit: "binary", maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), {
      maxKeys: 5,
    });

    await fc.assert(
      fc.asyncProperty(anyObject, async (value) => {
        // In objects, JavaScript decides the order of members. Over HTTP, the text decides.
        const text = JSON.stringify(value);
        expect(await roundTrip(text)).toBe(text);
      }),
      { numRuns: 15 },
    );
  });

  it("that replaces other data comes back unchanged, too", async () => {
    const { body } = await post(token, "create", createBody("{}"));
    const secret_id = secretIdOf(body);
    const data = '{"2":"b","1":"a","__proto__":[9007199254740993]}';

    const updated = await post(token, "update-data", `{"secret_id":"${secret_id}","data":${data}}`);
    const { text } = await post(token, "get-data", { secret_id });

    expect(updated.text).toBe("{}");
    expect(text).toContain(`{"data":${data},"encrypted":false`);
  });
});

describe("data of a direct invocation", () => {
  it.each([
    ["text", { κλειδί: "🔑", "": "", "\u0000": "\u001f" }],
    ["__proto__", JSON.parse('{"__proto__":{"admin":true},"constructor":1}')],
    ["numbers", { big: Number.MAX_SAFE_INTEGER, tiny: 5e-324, half: 0.5 }],
    ["the largest that is taken", JSON.parse(dataOf(limits.dataBytes))],
    ["the deepest that is taken", JSON.parse(deep)],
  ])("comes back unchanged: %s", async (_, data) => {
    const name = `s-${++made}`;
    const { payload } = await invoke("create", { name, secret_type: "CREDENTIALS", data, domain_id });

    const answer = await invoke("get-data", { secret_id: secretIdOf(payload), domain_id });

    expect(JSON.stringify(Reflect.get(Object(answer.payload), "data")) === JSON.stringify(data)).toBe(true);
  });
});

describe("tags", () => {
  it.each([
    [
      "everything",
      { text: "пароль", n: 1.5, yes: true, no: false, nothing: null, list: [1, "a", [], {}], deep: { a: { b: 1 } } },
    ],
    ["empty strings", { a: "", b: { c: "" } }],
    ["large and small numbers", { big: 9e125, small: 1e-130, exact: 123456789012345680 }],
    ["keys with dots and dollars", { "a.b": 1, $c: 2, " ": 3 }],
    ["the largest", { t: "x".repeat(limits.tagsBytes - 8) }],
  ])("come back unchanged: %s", async (_, tags) => {
    const client = lambdaClient();
    const request = { name: `s-${++made}`, secret_type: "CREDENTIALS", data: {}, domain_id } as const;

    const created = await client.create({ ...request, tags });
    const read = await client.get({ secret_id: created.secret_id, domain_id });
    const listed = await client.list({ secret_id: created.secret_id, domain_id });

    expect([created.tags, read.tags, listed.results[0]?.tags]).toEqual([tags, tags, tags]);
  });
});
