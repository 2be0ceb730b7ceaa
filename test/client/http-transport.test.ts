import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { close, listen } from "../../local/listen.ts";

let server: Server;
let url: string;
/** What it does with a request; set by each test. */
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;

beforeEach(async () => {
  server = createServer((request, response) => void answer(request, response));
  url = await listen(server, 0);
});

afterEach(async () => {
  await close(server);
});

function answerWith(status: number, body: string, headers: Record<string, string> = {}): void {
  answer = (_, response) => response.writeHead(status, headers).end(body);
}

/** What a call throws, as a plain object. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SecretApiError)) return error;
  const { code, message, status, requestId, retryAfterMs } = error;
  return { code, message, status, requestId, retryAfterMs };
}

describe("httpTransport", () => {
  it.each([
    ["", "/"],
    ["/", "/"],
    ["/base", "/base/"],
  ])("posts the message to the method's route: %s", async (end, prefix) => {
    const requests: unknown[] = [];
    answer = async (request, response) => {
      const { method, url: path, headers } = request;
      const { authorization, "content-type": type } = headers;
      requests.push({ method, path, authorization, type, body: await json(request) });
      response.end('{"secret_id":"secret-1"}');
    };
    const transport = httpTransport({ url: `${url}${end}`, token: "t-1" });

    const result = await transport("update-data", { secret_id: "secret-1", data: { κλειδί: "🔑" } });

    expect(result).toEqual({ secret_id: "secret-1" });
    expect(requests).toEqual([
      {
        method: "POST",
        path: `${prefix}secret/v1/secret/update-data`,
        authorization: "Bearer t-1",
        type: "application/json",
        body: { secret_id: "secret-1", data: { κλειδί: "🔑" } },
      },
    ]);
  });

  it("asks for a token for every request", async () => {
    const tokens: unknown[] = [];
    answer = (request, response) => {
      tokens.push(request.headers.authorization);
      response.end("{}");
    };
    let given = 0;
    const transport = httpTransport({ url, token: async () => `t-${++given}` });

    await transport("get", {});
    await transport("get", {});

    expect(tokens).toEqual(["Bearer t-1", "Bearer t-2"]);
  });

  it("throws the contract's error", async () => {
    const body = JSON.stringify({ detail: { code: "ERROR_NOT_FOUND", message: "Resource cannot be found …" } });
    answerWith(404, body, { "x-request-id": "r-1" });

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toEqual({
      code: "ERROR_NOT_FOUND",
      message: "Resource cannot be found …",
      status: 404,
      requestId: "r-1",
      retryAfterMs: undefined,
    });
  });

  it.each([
    [401, "ERROR_AUTHENTICATE_FAILURE"],
    [403, "ERROR_PERMISSION_DENIED"],
    [404, "ERROR_UNKNOWN"],
    [413, "ERROR_INVALID_PARAMETER"],
    [429, "ERROR_UNAVAILABLE"],
    [500, "ERROR_UNKNOWN"],
    [503, "ERROR_UNAVAILABLE"],
    [504, "ERROR_REQUEST_TIMEOUT"],
  ])("understands the gateway's own %i", async (status, code) => {
    answerWith(status, '{"message":"the gateway"}', { "apigw-requestid": "g-1", "retry-after": "2" });

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toEqual({
      code,
      message: "the gateway",
      status,
      requestId: "g-1",
      retryAfterMs: 2000,
    });
  });

  it.each([
    [200, "<html>", "The answer is no JSON object."],
    [200, "[]", "The answer is no JSON object."],
    [500, "<html>", "The answer is not the service's."],
    [500, '{"detail":"x"}', "The answer is not the service's."],
  ])("takes nobody else's answer: %i %s", async (status, body, message) => {
    answerWith(status, body);

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toMatchObject({
      code: "ERROR_UNKNOWN",
      message,
    });
  });

  it("is not sent elsewhere with its token", async () => {
    const paths: unknown[] = [];
    answer = (request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: `${url}/elsewhere` }).end();
    };

    const failure = await failureOf(httpTransport({ url, token: "t" })("get", {}));

    expect(failure).toMatchObject({ code: "ERROR_UNAVAILABLE", status: undefined });
    expect(paths).toEqual(["/secret/v1/secret/get"]);
  });

  it.each([
    ["the connection breaks", (_: IncomingMessage, response: ServerResponse) => response.destroy()],
    [
      "the answer breaks off",
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
      },
    ],
  ])("says that nobody answers where %s", async (_, behave) => {
    answer = behave;

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toEqual({
      code: "ERROR_UNAVAILABLE",
      message: "The service does not answer.",
      status: undefined,
      requestId: undefined,
      retryAfterMs: undefined,
    });
  });

  it("ends the request with the signal's reason", async () => {
    const patience = new AbortController();
    answer = () => patience.abort(new Error("no patience"));
    const closed = once(server, "connection").then(async ([socket]) => await once(socket, "close"));

    const failure = await failureOf(httpTransport({ url, token: "t" })("get", {}, patience.signal));

    expect(failure).toEqual(new Error("no patience"));
    await closed;
  });
});
