import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ClientCredentialsOptions, clientCredentials } from "../../client/client-credentials.ts";
import { httpTransport, type TokenSource } from "../../client/http-transport.ts";
import { SecretClient } from "../../client/secret-client.ts";
import { close, listen } from "../../tools/local/loopback.ts";

let server: Server;
let url: string;
let requests: {
  readonly path: unknown;
  readonly authorization: unknown;
  readonly type: unknown;
  readonly body: string;
}[];
/** The endpoint's answer, set by each test. */
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;

beforeEach(async () => {
  requests = [];
  answerWith(200, () => ({ access_token: `t-${requests.length}`, token_type: "Bearer", expires_in: 3600 }));
  server = createServer((request, response) => void serve(request, response));
  url = await listen(server, 0);
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authorization, "content-type": type } = request.headers;
  requests.push({ path: request.url, authorization, type, body: await text(request) });
  answer(request, response);
}

afterEach(async () => {
  vi.useRealTimers();
  await close(server);
});

function answerWith(status: number, body: () => unknown): void {
  answer = (_, response) => response.writeHead(status).end(JSON.stringify(body()));
}

function source(options: Partial<ClientCredentialsOptions> = {}): TokenSource {
  return clientCredentials({ tokenUrl: `${url}/token`, clientId: "id", clientSecret: "s3cr3t", ...options });
}

/** Everything that a log of the failure would show. */
async function failureOf(call: Promise<unknown>): Promise<{ readonly error: unknown; readonly shown: string }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const cause = error instanceof Error ? String(error.cause) : "";
  return { error, shown: `${String(error)} ${JSON.stringify(error)} ${cause}` };
}

describe("clientCredentials", () => {
  it("authenticates by HTTP Basic, with id and secret form-encoded", async () => {
    const token = await source({
      clientId: "i d:",
      clientSecret: "s%/+ü",
      scope: "secret:read secret:data",
      parameters: { audience: "secret" },
    })({});

    expect(token).toBe("t-1");
    expect(requests).toEqual([
      {
        path: "/token",
        authorization: `Basic ${Buffer.from("i+d%3A:s%25%2F%2B%C3%BC").toString("base64")}`,
        type: "application/x-www-form-urlencoded;charset=UTF-8",
        body: "grant_type=client_credentials&scope=secret%3Aread+secret%3Adata&audience=secret",
      },
    ]);
  });

  it("authenticates in the body if configured so", async () => {
    await source({ authentication: "client_secret_post" })({});

    expect(requests).toMatchObject([
      { authorization: undefined, body: "grant_type=client_credentials&client_id=id&client_secret=s3cr3t" },
    ]);
  });

  it("requests one token for all concurrent callers, and keeps it", async () => {
    const token = source();

    const tokens = await Promise.all([token({}), token({}), token({})]);

    expect([...tokens, await token({})]).toEqual(["t-1", "t-1", "t-1", "t-1"]);
    expect(requests.length).toBe(1);
  });

  it.each([
    ["half a minute before it expires", 3600, {}, 3570_000],
    ["as long before as is said", 3600, { renewBeforeMs: 600_000 }, 3000_000],
    ["after half of its lifetime if that is shorter", 40, {}, 20_000],
  ])("requests a new token %s", async (_, expires_in, options, renewAfterMs) => {
    answerWith(200, () => ({ access_token: `t-${requests.length}`, token_type: "bearer", expires_in }));
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    const token = source(options);

    const first = await token({});
    vi.setSystemTime(renewAfterMs - 1);
    const kept = await token({});
    vi.setSystemTime(renewAfterMs);
    const renewed = await token({});

    expect([first, kept, renewed]).toEqual(["t-1", "t-1", "t-2"]);
  });

  it("keeps a token without an expiry until it is refused", async () => {
    answerWith(200, () => ({ access_token: `t-${requests.length}`, token_type: "Bearer" }));
    const token = source();

    const tokens = [
      await token({}),
      await token({}),
      await token({ rejected: "t-1" }),
      await token({ rejected: "t-1" }),
    ];

    expect(tokens).toEqual(["t-1", "t-1", "t-2", "t-2"]);
  });

  it("lets one caller stop waiting without ending the others' wait", async () => {
    const patience = new AbortController();
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
    answer = (_, response) => resolve(response);
    const token = source();

    const impatient = token({ signal: patience.signal });
    const patient = token({});
    const response = await asked;
    patience.abort(new Error("no patience"));
    await expect(impatient).rejects.toEqual(new Error("no patience"));
    response.end('{"access_token":"t-1","token_type":"Bearer","expires_in":60}');

    expect(await patient).toBe("t-1");
    expect(requests.length).toBe(1);
  });

  it.each([
    [
      401,
      { error: "invalid_client", error_description: "s3cr3t" },
      "ERROR_AUTHENTICATE_FAILURE",
      " It says invalid_client.",
    ],
    [400, { error: "no s3cr3t" }, "ERROR_AUTHENTICATE_FAILURE", ""],
    [307, {}, "ERROR_AUTHENTICATE_FAILURE", ""],
    [503, "s3cr3t", "ERROR_UNAVAILABLE", ""],
    [429, {}, "ERROR_UNAVAILABLE", ""],
  ])("says why there is no token, and quotes nothing else: %i %j", async (status, body, code, reason) => {
    answerWith(status, () => body);

    const { error, shown } = await failureOf(source()({}));

    const answered = expect.stringMatching(/\(http:[^?]* answered with status \d+\)$/);
    expect(error).toMatchObject({ code, message: answered });
    expect(String(error)).toContain(`The token endpoint gives no token.${reason} (`);
    expect(shown).not.toContain("s3cr3t");
  });

  it.each([[{}], [{ access_token: "t", token_type: "mac" }], [{ access_token: 1, token_type: "Bearer" }]])(
    "refuses an answer that is not a token: %j",
    async (body) => {
      answerWith(200, () => body);

      const { error } = await failureOf(source()({}));

      expect(error).toMatchObject({ code: "ERROR_UNKNOWN" });
    },
  );

  it("sends its secret only to the token endpoint", async () => {
    answer = (_, response) => response.writeHead(307, { location: "/elsewhere" }).end();

    await failureOf(source()({}));

    expect(requests.length).toBe(1);
  });

  it("requests a token again after a failure", async () => {
    answerWith(503, () => ({}));
    const token = source();

    await failureOf(token({}));
    answerWith(200, () => ({ access_token: "t", token_type: "Bearer" }));

    expect(await token({})).toBe("t");
  });

  it.each([
    ["does not answer", (_: IncomingMessage, response: ServerResponse) => response.destroy()],
    ["takes too long", () => undefined],
  ])("says that the endpoint %s", async (_, behave) => {
    answer = behave;

    const { error, shown } = await failureOf(source({ timeoutMs: 100 })({}));

    const message = expect.stringMatching(/^The token endpoint does not answer\. \(http:/);
    expect(error).toMatchObject({ code: "ERROR_UNAVAILABLE", message });
    expect(shown).not.toContain("s3cr3t");
    expect(requests.length).toBe(1);
  });

  it("allows any call to be retried, because without a token nothing was sent", async () => {
    const paths: unknown[] = [];
    answer = ({ url: path }, response) => {
      paths.push(path);
      const isBusy = paths.length === 1;
      const body = path === "/token" ? '{"access_token":"t","token_type":"Bearer"}' : "{}";
      response.writeHead(isBusy ? 503 : 200).end(body);
    };
    const client = new SecretClient(httpTransport({ url, token: source() }), { retry: { delayMs: 1 } });

    await client.delete({ secret_id: "secret-0123456789ab" });

    expect(paths).toEqual(["/token", "/token", "/secret/v1/secret/delete"]);
  });
});
