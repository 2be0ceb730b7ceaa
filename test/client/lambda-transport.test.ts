import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lambdaTransport } from "../../client/lambda-transport.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { InexactNumberError } from "../../client/secret-data.ts";
import type { Transport } from "../../client/transport.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import type { Route } from "../../lib/http/routes.ts";
import { close, listen } from "../../tools/local/loopback.ts";

const functions = {
  create: "f-create",
  update: "f-update",
  delete: "f-delete",
  "update-data": "f-update-data",
  "get-data": "f-get-data",
  get: "f-get",
  list: "f-list",
  stat: "f-stat",
};

let server: Server;
let client: LambdaClient;
let transport: Transport;
/** How Lambda handles an invocation; set by each test. */
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;

beforeEach(async () => {
  server = createServer((request, response) => void answer(request, response));
  client = new LambdaClient({
    endpoint: await listen(server, 0),
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  transport = lambdaTransport({ client, functions });
});

afterEach(async () => {
  client.destroy();
  await close(server);
});

function answerWith(status: number, body: object, headers: Record<string, string> = {}): void {
  answer = (_, response) =>
    response.writeHead(status, { "x-amzn-requestid": "r-1", ...headers }).end(JSON.stringify(body));
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SecretApiError)) return error;
  const { code, message, status, requestId } = error;
  return { code, message, status, requestId };
}

describe("lambdaTransport", () => {
  it("invokes the method's function with the message", async () => {
    const requests: unknown[] = [];
    answer = async (request, response) => {
      requests.push({ path: request.url, event: await json(request) });
      response.end("{}");
    };

    const result = await transport("update-data", { secret_id: "secret-1", data: { κλειδί: "🔑" } });

    expect(result).toEqual({});
    expect(requests).toEqual([
      {
        path: "/2015-03-31/functions/f-update-data/invocations",
        event: { secret_id: "secret-1", data: { κλειδί: "🔑" } },
      },
    ]);
  });

  it.each([
    ["a name", { get: "f-get" }],
    ["a rule", (route: Route) => `f-${route}`],
  ])("takes the function's name from %s", async (_, named) => {
    const paths: unknown[] = [];
    answer = (request, response) => {
      paths.push(request.url);
      response.end('{"secret_id":"secret-1"}');
    };

    await lambdaTransport({ client, functions: named })("get", {});

    expect(paths).toEqual(["/2015-03-31/functions/f-get/invocations"]);
  });

  it("refuses to send a number that Lambda would change", async () => {
    const data = new JsonText('{"id":1234567890123456789}');

    expect(await failureOf(transport("update-data", { secret_id: "secret-1", data }))).toEqual(
      new InexactNumberError("The message holds a number that Lambda would change: send it over HTTP."),
    );
  });

  it("invokes the configured alias", async () => {
    const paths: unknown[] = [];
    answer = (request, response) => {
      paths.push(request.url);
      response.end("{}");
    };

    const failure = await failureOf(lambdaTransport({ client, functions, alias: "billing" })("get", {}));

    expect(paths).toEqual(["/2015-03-31/functions/f-get/invocations?Qualifier=billing"]);
    expect(failure).toMatchObject({ message: expect.stringContaining("(the function f-get:billing)") });
  });

  it("says which method has no function", async () => {
    const failing = lambdaTransport({ client, functions: { get: "f-get" } })("list", {});

    await expect(failing).rejects.toEqual(new TypeError("No function is configured for list."));
  });

  it.each([
    ["TooManyRequestsException", 429, true],
    ["ServiceException", 500, false],
  ])("says whether %s means that nothing was done", async (name, status, isUnprocessed) => {
    answerWith(status, { Message: "lambda" }, { "x-amzn-errortype": name });

    await expect(transport("delete", {})).rejects.toMatchObject({ isUnprocessed });
  });

  it.each([
    [
      { errorType: "ERROR_NOT_FOUND", errorMessage: "ERROR_NOT_FOUND: Resource cannot be found:\nno" },
      "ERROR_NOT_FOUND",
      "Resource cannot be found:\nno",
    ],
    [{ errorType: "Error", errorMessage: "ERROR_NOT_FOUND: no" }, "ERROR_NOT_FOUND", "no"],
    [
      { errorType: "Sandbox.Timedout", errorMessage: "RequestId: 1 Error: Task timed out after 10.00 seconds" },
      "ERROR_REQUEST_TIMEOUT",
      "The function failed. (type = Sandbox.Timedout)",
    ],
    [
      { errorType: "Runtime.OutOfMemory", errorMessage: "RequestId: 1 Error: Runtime exited" },
      "ERROR_UNKNOWN",
      "The function failed. (type = Runtime.OutOfMemory)",
    ],
  ])("throws what the function throws: %j", async (payload, code, message) => {
    answerWith(200, payload, { "x-amz-function-error": "Unhandled" });

    expect(await failureOf(transport("get", {}))).toEqual({ code, message, status: undefined, requestId: "r-1" });
  });

  it.each([
    ["AccessDeniedException", 403, "ERROR_PERMISSION_DENIED"],
    ["TooManyRequestsException", 429, "ERROR_UNAVAILABLE"],
    ["RequestTooLargeException", 413, "ERROR_INVALID_PARAMETER"],
    ["ServiceException", 500, "ERROR_UNAVAILABLE"],
    ["EC2ThrottledException", 502, "ERROR_UNAVAILABLE"],
  ])("understands Lambda's own %s", async (name, status, code) => {
    answerWith(status, { Message: "lambda" }, { "x-amzn-errortype": name });

    expect(await failureOf(transport("get", {}))).toEqual({ code, message: "lambda", status, requestId: "r-1" });
  });

  it("does not report a missing function as a missing secret", async () => {
    answerWith(404, { Message: "Function not found" }, { "x-amzn-errortype": "ResourceNotFoundException" });

    expect(await failureOf(transport("get", {}))).toMatchObject({ name: "ResourceNotFoundException" });
  });

  it.each([null, "done", {}])("refuses an answer that is not the method's: %j", async (payload) => {
    answer = (_, response) => response.end(JSON.stringify(payload));

    expect(await failureOf(transport("create", {}))).toMatchObject({
      code: "ERROR_UNAVAILABLE",
      message: expect.stringMatching(/^The answer is not the service's: .* \(the function f-create\)$/),
    });
  });

  it("reports the service as unavailable when the connection breaks", async () => {
    answer = (_, response) => response.destroy();

    expect(await failureOf(transport("get", {}))).toMatchObject({
      code: "ERROR_UNAVAILABLE",
      message: expect.stringMatching(/^The service does not answer\. \(the function f-get: [A-Z_]+\)$/),
    });
  });

  it("aborts the request with the signal's reason", async () => {
    const patience = new AbortController();
    answer = () => patience.abort(new Error("no patience"));

    expect(await failureOf(transport("get", {}, patience.signal))).toEqual(new Error("no patience"));
  });
});
