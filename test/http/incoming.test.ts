/** The form of an event, and how its body is read. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { readEvent } from "../../lib/http/incoming.ts";
import { claims, httpEvent, invokedFunctionArn, lambdaContext } from "./events.ts";

const maxBytes = 2 * 1024 * 1024;

function readBody(body: string, options: { readonly isBase64Encoded?: boolean; readonly headers?: object } = {}) {
  const headers = { ...options.headers };
  return readEvent(httpEvent({ ...options, headers, body }), lambdaContext()).readBody();
}

function readBase64(bytes: Uint8Array) {
  return readBody(Buffer.from(bytes).toString("base64"), { isBase64Encoded: true });
}

const invalid = (key: string, reason: string) => new SecretError("ERROR_INVALID_PARAMETER", { key, reason });

describe("readEvent", () => {
  it("reads an HTTP event", () => {
    const incoming = readEvent(
      httpEvent({ body: { name: "n" }, headers: { "Idempotency-Key": "k" } }),
      lambdaContext(),
    );

    expect({ ...incoming, readBody: incoming.readBody() }).toEqual({
      kind: "http",
      via: "http",
      requestId: "lambda-request",
      claims,
      idempotencyKey: "k",
      readBody: { name: "n" },
    });
  });

  it("uses the gateway's request id if the context has none", () => {
    expect(readEvent(httpEvent(), { invokedFunctionArn }).requestId).toBe("gateway-request");
  });

  it.each(["idempotency-key", "Idempotency-Key", "IDEMPOTENCY-KEY"])("finds the header %s", (name) => {
    expect(readEvent(httpEvent({ headers: { [name]: "k" } }), lambdaContext()).idempotencyKey).toBe("k");
  });

  it("treats an empty header as missing", () => {
    expect(readEvent(httpEvent({ headers: { "idempotency-key": "" } }), lambdaContext()).idempotencyKey).toBeNull();
  });

  it("finds no claims if the gateway verified none", () => {
    expect(readEvent(httpEvent({ claims: undefined }), lambdaContext()).claims).toBeUndefined();
  });

  it.each([null, "text", {}, { jwt: null }, { jwt: [] }, { jwt: "text" }, { lambda: { claims } }, { claims }])(
    "finds no claims in the authorizer %j",
    (authorizer) => {
      const event = { ...httpEvent(), requestContext: { requestId: "gateway-request", authorizer } };

      expect(readEvent(event, lambdaContext()).claims).toBeUndefined();
    },
  );

  it.each([
    { what: "a message", event: { secret_id: "secret-1" } },
    { what: "a message with a version", event: { secret_id: "secret-1", version: "2.0" } },
    { what: "an event without routeKey", event: { version: "2.0", requestContext: {}, body: "{}" } },
    { what: "payload format 1.0", event: { ...httpEvent(), version: "1.0" } },
    { what: "nothing", event: null },
    { what: "a list", event: [httpEvent()] },
    { what: "text", event: "text" },
  ])("treats $what as a direct event, and returns it unchanged", ({ event }) => {
    const incoming = readEvent(event, lambdaContext());

    expect({ ...incoming, readBody: incoming.readBody() }).toEqual({
      kind: "direct",
      via: "direct",
      requestId: "lambda-request",
      claims: null,
      idempotencyKey: null,
      readBody: event,
    });
  });
});

describe("an HTTP body", () => {
  it("keeps data as text", () => {
    expect(readBody('{"name":"n","data":{"b":1.0,"1":"\\u00e9"}}')).toEqual({
      name: "n",
      data: new JsonText('{"b":1.0,"1":"é"}'),
    });
  });

  it("can be base64", () => {
    expect(readBase64(Buffer.from('{"data":{"a":"한😀"}}'))).toEqual({ data: new JsonText('{"a":"한😀"}') });
  });

  it("must be JSON", () => {
    for (const body of ["", "null", "[]", "{", "name=n", '"{}"']) {
      expect(() => readBody(body)).toThrow(expect.objectContaining({ code: "ERROR_INVALID_PARAMETER" }));
    }
    expect(() => readEvent(httpEvent(), lambdaContext()).readBody()).toThrow(invalid("body", "must be JSON"));
  });

  it("must be a string", () => {
    const event = { ...httpEvent(), body: { name: "n" } };

    expect(() => readEvent(event, lambdaContext()).readBody()).toThrow(invalid("body", "must be a string"));
  });

  it("must have no byte order mark, in either encoding", () => {
    expect(() => readBody("\ufeff{}")).toThrow(invalid("body", "must be JSON"));
    expect(() => readBase64(Buffer.from("\ufeff{}"))).toThrow(invalid("body", "must be JSON"));
  });

  it.each([
    { what: "a stray byte", bytes: [0x80] },
    { what: "an overlong form", bytes: [0xc0, 0xaf] },
    { what: "a surrogate", bytes: [0xed, 0xa0, 0x80] },
    { what: "a cut sequence", bytes: [0xe2, 0x82] },
    { what: "Latin-1", bytes: [0xe9] },
  ])("must be UTF-8, not $what", ({ bytes }) => {
    const body = Buffer.concat([Buffer.from('{"data":{"a":"'), Buffer.from(bytes), Buffer.from('"}}')]);
    const asGatewaysDecode = body.toString("utf8");
    const headers = { "Content-Length": String(body.length) };

    expect(() => readBase64(body)).toThrow(invalid("body", "must be UTF-8"));
    expect(() => readBody(asGatewaysDecode, { headers })).toThrow(invalid("body", "must be UTF-8"));
  });

  it("can hold a U+FFFD that was sent as such", () => {
    const body = '{"data":{"a":"\ufffd"}}';
    const headers = { "content-length": String(Buffer.byteLength(body)) };

    expect(readBody(body, { headers })).toEqual({ data: new JsonText('{"a":"\ufffd"}') });
    expect(readBody(body)).toEqual({ data: new JsonText('{"a":"\ufffd"}') });
  });

  it("can hold a lone surrogate only as an escape", () => {
    expect(() => readBody('{"data":{"a":"\ud800"}}')).toThrow(invalid("body", "must be UTF-8"));
    expect(readBody('{"data":{"a":"\\ud800"}}')).toEqual({ data: new JsonText('{"a":"\\ud800"}') });
  });

  it("may have at most 2 MiB, in either encoding", () => {
    const largest = `{"a":"${"x".repeat(maxBytes - 8)}"}`;
    const tooLarge = invalid("body", "must have at most 2097152 bytes");

    expect(readBody(largest)).toEqual(JSON.parse(largest));
    expect(() => readBody(`${largest} `)).toThrow(tooLarge);
    expect(readBase64(Buffer.from(largest))).toEqual(JSON.parse(largest));
    expect(() => readBase64(Buffer.from(`${largest} `))).toThrow(tooLarge);
    expect(() => readBody("한".repeat(maxBytes / 3 + 1))).toThrow(tooLarge);
  });

  it.each([
    {
      what: "too deep",
      body: `{"data":${"[".repeat(500)}${"]".repeat(500)}}`,
      key: "data",
      reason: "nests deeper than 100 levels",
    },
    {
      what: "a member twice",
      body: '{"domain_id":"a","domain_id":"b"}',
      key: "domain_id",
      reason: "names one member twice",
    },
    {
      what: "a huge number",
      body: '{"version":1e400}',
      key: "version",
      reason: "holds a number that no double can hold",
    },
    {
      what: "a fault under the empty name",
      body: '{"":1e400}',
      key: "body",
      reason: "holds a number that no double can hold",
    },
    {
      what: "a fault under a long name",
      body: `{"${"x".repeat(999)}":1e400}`,
      key: "x".repeat(80),
      reason: "holds a number that no double can hold",
    },
  ])("is refused if it holds $what", ({ body, key, reason }) => {
    expect(() => readBody(body)).toThrow(invalid(key, reason));
  });

  it("can hold data of 100 levels", () => {
    const data = `{"a":${"[".repeat(99)}${"]".repeat(99)}}`;

    expect(readBody(`{"data":${data}}`)).toEqual({ data: new JsonText(data) });
  });
});
