/** Answers of an identity service over HTTP: found, not found, and invalid. */

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json as readJson } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { HttpIdentityService } from "../../lib/identity/identity.ts";

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

type Respond = Parameters<RequestListener>[1];

const unavailable = new SecretError("ERROR_UNAVAILABLE", { service: "identity" });
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers each request by the next function, and repeats the last one. */
async function serve(...answers: readonly ((response: Respond) => void)[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const { authorization, "content-type": contentType } = headers;
    readJson(request).then(
      (body) => {
        received.push({ method, url, authorization, contentType, body });
        (answers[received.length - 1] ?? answers.at(-1))?.(response);
      },
      (error: Error) => response.destroy(error),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { received, url: new URL(`http://127.0.0.1:${port}`) };
}

function json(status: number, body: unknown) {
  return (response: Respond) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function text(status: number, body: string) {
  return (response: Respond) => response.writeHead(status).end(body);
}

const hang = () => undefined;
const reset = (response: Respond) => response.destroy();
const cut = (response: Respond) =>
  response.writeHead(200, { "content-length": "100" }).end('{"provider":', () => response.destroy());
const redirect = (response: Respond) => response.writeHead(307, { location: "/identity/v1/service-account/get" }).end();

const account = { provider: "aws", project_info: { project_id: "project-1" } };
const notFound = { detail: { code: "ERROR_NOT_FOUND", message: "Value not found." } };

async function find(...answers: readonly ((response: Respond) => void)[]) {
  const { url, received } = await serve(...answers);
  const identity = new HttpIdentityService({ url, timeoutMs: 5000 });
  return { account: await identity.findServiceAccount("sa-1", "domain-1"), tries: received.length };
}

describe("HttpIdentityService", () => {
  it("reads a service account of a domain", async () => {
    const { url, received } = await serve(json(200, account));
    const identity = new HttpIdentityService({ url, token: "token-1", timeoutMs: 5000 });

    const found = await identity.findServiceAccount("sa-1", "domain-1");

    expect(found).toEqual({ provider: "aws", projectId: "project-1" });
    expect(received).toEqual([
      {
        method: "POST",
        url: "/identity/v1/service-account/get",
        authorization: "Bearer token-1",
        contentType: "application/json",
        body: { service_account_id: "sa-1", domain_id: "domain-1" },
      },
    ]);
  });

  it("reads a project of a domain, without a token if it has none", async () => {
    const { url, received } = await serve(json(200, { project_id: "project-1" }));
    const identity = new HttpIdentityService({ url, timeoutMs: 5000 });

    const isThere = await identity.hasProject("project-1", "domain-1");

    expect(isThere).toBe(true);
    expect(received).toEqual([
      {
        method: "POST",
        url: "/identity/v1/project/get",
        authorization: undefined,
        contentType: "application/json",
        body: { project_id: "project-1", domain_id: "domain-1" },
      },
    ]);
  });

  it.each([
    { what: "neither", body: {} },
    { what: "nulls", body: { provider: null, project_info: null } },
    { what: "empty strings", body: { provider: "", project_info: { project_id: "" } } },
    { what: "other types", body: { provider: 1, project_info: { project_id: ["p"] } } },
    { what: "a list", body: { provider: ["aws"], project_info: ["project-1"] } },
  ])("reads an account with $what as having no provider and project", async ({ body }) => {
    expect((await find(json(200, body))).account).toEqual({ provider: null, projectId: null });
  });

  it.each([
    { what: "404", status: 404, body: notFound },
    { what: "404 with another body", status: 404, body: { message: "Not Found" } },
    { what: "ERROR_NOT_FOUND with 400", status: 400, body: notFound },
    { what: "ERROR_NOT_FOUND with 500", status: 500, body: notFound },
    { what: "ERROR_NOT_FOUND with 200", status: 200, body: notFound },
  ])("finds nothing if the service answers $what, and asks only once", async ({ status, body }) => {
    expect(await find(json(status, body))).toEqual({ account: undefined, tries: 1 });

    const { url } = await serve(json(status, body));
    expect(await new HttpIdentityService({ url, timeoutMs: 5000 }).hasProject("project-1", "domain-1")).toBe(false);
  });

  it.each([
    { what: "500", answer: json(500, { detail: "down" }) },
    { what: "429", answer: json(429, {}) },
    { what: "403", answer: json(403, { detail: { code: "ERROR_PERMISSION_DENIED" } }) },
    { what: "no JSON", answer: text(200, "<html>") },
    { what: "nothing", answer: text(200, "") },
    { what: "404 of no JSON, as by a wrong URL", answer: text(404, "<html>") },
    { what: "a list", answer: json(200, [account]) },
    { what: "null", answer: json(200, null) },
    { what: "a redirection", answer: redirect },
    { what: "a closed connection", answer: reset },
    { what: "half an answer", answer: cut },
  ])("retries once after $what, and then is unavailable", async ({ answer }) => {
    expect(await find(answer, json(200, account))).toEqual({
      account: { provider: "aws", projectId: "project-1" },
      tries: 2,
    });

    const { url, received } = await serve(answer);
    await expect(
      new HttpIdentityService({ url, timeoutMs: 5000 }).findServiceAccount("sa-1", "domain-1"),
    ).rejects.toEqual(unavailable);
    expect(received).toHaveLength(2);
  });

  it("gives up on a service that does not answer, after two tries", async () => {
    const { url, received } = await serve(hang);

    const asked = new HttpIdentityService({ url, timeoutMs: 50 }).hasProject("project-1", "domain-1");

    await expect(asked).rejects.toEqual(unavailable);
    expect(received).toHaveLength(2);
  });

  it("is unavailable if nothing listens", async () => {
    const { url } = await serve(hang);
    for (const server of servers.splice(0)) server.close();

    const asked = new HttpIdentityService({ url, timeoutMs: 5000 }).hasProject("project-1", "domain-1");

    await expect(asked).rejects.toEqual(unavailable);
  });

  it("ends with the caller's signal, without a retry", async () => {
    const abort = new AbortController();
    const { url, received } = await serve(() => abort.abort(new Error("out of time")));

    const asked = new HttpIdentityService({ url, timeoutMs: 5000 }).hasProject("project-1", "domain-1", {
      signal: abort.signal,
    });

    await expect(asked).rejects.toEqual(new Error("out of time"));
    expect(received).toHaveLength(1);
  });

  it("sends ids in the body, never in the URL", async () => {
    const { url, received } = await serve(json(200, account));

    await new HttpIdentityService({ url, timeoutMs: 5000 }).findServiceAccount("../../x?y#z", 'domain"\n');

    expect(received).toMatchObject([
      { url: "/identity/v1/service-account/get", body: { service_account_id: "../../x?y#z", domain_id: 'domain"\n' } },
    ]);
  });
});
