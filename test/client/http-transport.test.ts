import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { close, listen } from "../../tools/local/loopback.ts";

let server: Server;
let url: string;
/** How the server handles a request; set by each test. */
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

/** A URL at which nothing listens any more. */
async function closedPort(): Promise<string> {
  const other = createServer();
  const unused = await listen(other, 0);
  await close(other);
  return unused;
}

/** The error of a call, as a plain object. */
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
      response.end("{}");
    };
    const transport = httpTransport({ url: `${url}${end}`, token: "t-1" });

    const result = await transport("update-data", { secret_id: "secret-1", data: { κλειδί: "🔑" } });

    expect(result).toEqual({});
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

  it("asks the token source for every request", async () => {
    const tokens: unknown[] = [];
    answer = (request, response) => {
      tokens.push(request.headers.authorization);
      response.end('{"secret_id":"secret-1"}');
    };
    let given = 0;
    const transport = httpTransport({ url, token: async () => `t-${++given}` });

    await transport("get", {});
    await transport("get", {});

    expect(tokens).toEqual(["Bearer t-1", "Bearer t-2"]);
  });

  it("asks for another token if one is refused, and repeats the same call with it", async () => {
    const requests: unknown[] = [];
    answer = async (request, response) => {
      const { authorization } = request.headers;
      requests.push([authorization, await json(request)]);
      response.writeHead(authorization === "Bearer t-2" ? 200 : 401).end("{}");
    };
    const asked: unknown[] = [];
    const transport = httpTransport({
      url,
      token: async ({ rejected }) => {
        asked.push(rejected);
        return rejected === "t-1" ? "t-2" : "t-1";
      },
    });

    await transport("delete", { secret_id: "secret-1" });

    expect(asked).toEqual([undefined, "t-1"]);
    expect(requests).toEqual([
      ["Bearer t-1", { secret_id: "secret-1" }],
      ["Bearer t-2", { secret_id: "secret-1" }],
    ]);
  });

  it.each([
    ["there is no other", "t", 1],
    ["it is a function's, which gives the same again", async () => "t", 1],
    [
      "the other is refused as well",
      async ({ rejected }: { readonly rejected?: string }) => (rejected === undefined ? "t-1" : "t-2"),
      2,
    ],
  ])("gives up if a token is refused and %s", async (_, token, count) => {
    let requests = 0;
    answer = (_request, response) => {
      requests += 1;
      response.writeHead(401).end('{"message":"Unauthorized"}');
    };

    expect(await failureOf(httpTransport({ url, token })("get", {}))).toMatchObject({
      code: "ERROR_AUTHENTICATE_FAILURE",
      message: expect.stringMatching(/^Unauthorized \(http.* answered with status 401\)$/),
    });
    expect(requests).toBe(count);
  });

  it.each(["t-1\n", "", "two words", "Bearer t-1"])(
    "refuses an invalid token without quoting it: %j",
    async (token) => {
      const failure = await failureOf(httpTransport({ url, token })("get", {}));

      expect(failure).toEqual(
        new TypeError("The token is not a bearer token: it has characters that no bearer token has."),
      );
    },
  );

  it("refuses a URL with credentials, without quoting them", () => {
    expect(() => httpTransport({ url: "http://user:s3cr3t@api.example", token: "t" })).toThrow(
      new TypeError("The URL of the API must not have credentials in it: use a token."),
    );
  });

  it("says which failed calls certainly did nothing", async () => {
    const isUnprocessed = async (target: string) =>
      await httpTransport({ url: target, token: "t" })("delete", {}).then(
        () => undefined,
        (error: unknown) => error instanceof SecretApiError && error.isUnprocessed,
      );

    answerWith(429, "{}");
    const throttled = await isUnprocessed(url);
    answerWith(503, "{}");
    const failed = await isUnprocessed(url);
    answer = (_, response) => response.destroy();
    const broken = await isUnprocessed(url);
    const unreachable = await isUnprocessed(await closedPort());

    expect({ throttled, failed, broken, unreachable }).toEqual({
      throttled: true,
      failed: false,
      broken: false,
      unreachable: true,
    });
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
    [500, "ERROR_UNAVAILABLE"],
    [502, "ERROR_UNAVAILABLE"],
    [503, "ERROR_UNAVAILABLE"],
    [504, "ERROR_REQUEST_TIMEOUT"],
  ])("understands the gateway's own %i answer", async (status, code) => {
    answerWith(status, '{"message":"the gateway"}', { "apigw-requestid": "g-1", "retry-after": "2" });

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toEqual({
      code,
      message: `the gateway (${url}/secret/v1/secret/get answered with status ${status})`,
      status,
      requestId: "g-1",
      retryAfterMs: 2000,
    });
  });

  it.each([
    [200, "<html>", "ERROR_UNAVAILABLE", "The answer is not the service's: it is no JSON object."],
    [200, "[]", "ERROR_UNAVAILABLE", "The answer is not the service's: it is no JSON object."],
    [404, "<html>", "ERROR_UNKNOWN", "The answer is not the service's."],
    [500, "<html>", "ERROR_UNAVAILABLE", "The answer is not the service's."],
    [500, '{"detail":"x"}', "ERROR_UNAVAILABLE", "The answer is not the service's."],
    [503, '{"detail":{"code":"ERROR_UNKNOWN"}}', "ERROR_UNAVAILABLE", "The answer is not the service's."],
  ])("refuses an answer that is not the service's: %i %s", async (status, body, code, message) => {
    answerWith(status, body);

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toMatchObject({
      code,
      message: `${message} (${url}/secret/v1/secret/get answered with status ${status})`,
      status,
    });
  });

  it.each([301, 302, 303, 307, 308])(
    "does not follow a redirect with its token, but reports the %i",
    async (status) => {
      const paths: unknown[] = [];
      answer = (request, response) => {
        paths.push(request.url);
        response.writeHead(status, { location: "https://login.example/start?next=s3cr3t" }).end();
      };

      const failure = await failureOf(httpTransport({ url, token: "t" })("get", {}));

      expect(failure).toMatchObject({
        code: "ERROR_UNKNOWN",
        message:
          "The request is redirected to https://login.example/start, and not sent there. " +
          `(${url}/secret/v1/secret/get answered with status ${status})`,
        status,
      });
      expect(paths).toEqual(["/secret/v1/secret/get"]);
    },
  );

  it.each([
    ["the connection breaks", (_: IncomingMessage, response: ServerResponse) => response.destroy()],
    [
      "the answer breaks off",
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
      },
    ],
  ])("reports the service as unavailable when %s", async (_, behave) => {
    const target = `${url}/secret/v1/secret/get`;
    answer = behave;

    expect(await failureOf(httpTransport({ url, token: "t" })("get", {}))).toEqual({
      code: "ERROR_UNAVAILABLE",
      message: expect.stringMatching(`^The service does not answer\\. \\(${target}: [A-Z_]+\\)$`),
      status: undefined,
      requestId: undefined,
      retryAfterMs: undefined,
    });
  });

  it("aborts the request with the signal's reason", async () => {
    const patience = new AbortController();
    answer = () => patience.abort(new Error("no patience"));
    const closed = once(server, "connection").then(async ([socket]) => await once(socket, "close"));

    const failure = await failureOf(httpTransport({ url, token: "t" })("get", {}, patience.signal));

    expect(failure).toEqual(new Error("no patience"));
    await closed;
  });
});
