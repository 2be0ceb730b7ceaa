/** A page in the developer's browser cannot reach a running stack. Only the stack's own page can reach its server. */

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { stack } from "./service.ts";

/** For each server: a request that a page may send without a preflight, and the answer if it is let through. */
const servers = [
  { server: "api", path: "/secret/v1/secret/get", status: 401 },
  { server: "lambda", path: "/2015-03-31/functions/secret-local-stat/invocations", status: 200 },
  { server: "kms", path: "/admin/requests", status: 404 },
  { server: "issuer", path: "/token", status: 400 },
  { server: "reference", path: "/secret/v1/secret/get", status: 401 },
] as const;

type Server = (typeof servers)[number]["server"];

interface Sent {
  readonly method?: string;
  /** Inserts the port if it must be the server's. */
  readonly headers: (port: string) => { readonly [name: string]: string };
}

async function send(server: Server, { method = "POST", headers }: Sent) {
  const { path } = servers.find((one) => one.server === server) ?? { path: "/" };
  const url = new URL(path, stack[server]);
  const body = JSON.stringify({ domain_id: "domain-1", query: { distinct: "name" } });
  const plain = { "content-type": "text/plain", "content-length": String(body.length) };
  const sent = request(url, { method, headers: { ...plain, ...headers(url.port) } }).end(body);
  const [response]: [IncomingMessage] = (await once(sent, "response")) as never;
  return { status: response.statusCode, body: await text(response), headers: response.headers };
}

describe.each(servers)("the server $server", ({ server, status }) => {
  it.each([
    ["no page", () => ({})],
    ["no page, by name", (port: string) => ({ host: `localhost:${port}` })],
    ["its own page", (port: string) => ({ origin: `http://127.0.0.1:${port}` })],
    ["its own page, by name", (port: string) => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` })],
  ])("accepts requests from %s", async (_, headers) => {
    expect(await send(server, { headers })).toMatchObject({ status });
  });

  it.each([
    ["a page of others", "http://page.example"],
    ["a page of nowhere", "null"],
    ["a page of another port", "http://127.0.0.1:1"],
  ])("refuses requests from %s", async (_, origin) => {
    const answer = await send(server, { headers: () => ({ origin }) });

    expect(answer).toMatchObject({ status: 403, body: "Pages of other origins are not served." });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("allows nothing to a page of another origin", async () => {
    const asked = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
    const headers = () => ({ origin: "http://page.example", ...asked });

    const answer = await send(server, { method: "OPTIONS", headers });

    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  it.each([
    ["another host name for this address", (port: string) => ({ host: `page.example:${port}` })],
    [
      "another name for this address, and its page",
      (port: string) => ({ host: `page.example:${port}`, origin: `http://page.example:${port}` }),
    ],
    ["another port", () => ({ host: "127.0.0.1:1" })],
  ])("refuses requests for the host %s", async (_, headers) => {
    expect(await send(server, { headers })).toMatchObject({ status: 421, body: "This is another host." });
  });
});
