/** The reference page: shows the API's description, and sends requests to the stack from the page's own origin. */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { openApiDocument } from "../../openapi/document.ts";
import { close, listen, takeOwnRequests } from "../loopback.ts";

export interface ReferenceOptions {
  /** 0: a free port. */
  readonly port: number;
  readonly api: string;
  readonly issuer: string;
}

/** A running page. */
export interface LocalReference {
  readonly url: string;
  close(): Promise<void>;
}

interface Page {
  readonly type: string;
  readonly body: string | Uint8Array;
}

type Pages = { readonly [route: string]: (request: IncomingMessage) => Page | Promise<Page> };

const require = createRequire(import.meta.url);

const types = {
  html: "text/html; charset=utf-8",
  script: "text/javascript; charset=utf-8",
  style: "text/css; charset=utf-8",
  png: "image/png",
  json: "application/json",
  text: "text/plain; charset=utf-8",
} as const;

const files: Pages = {
  "GET /": fileOf(types.html, own("index.html")),
  "GET /reference.mjs": fileOf(types.script, own("reference.mjs")),
  "GET /reference.css": fileOf(types.style, own("reference.css")),
  "GET /swagger-ui-bundle.js": fileOf(types.script, swagger("swagger-ui-bundle.js")),
  "GET /swagger-ui.css": fileOf(types.style, swagger("swagger-ui.css")),
  "GET /favicon.png": fileOf(types.png, swagger("favicon-32x32.png")),
};

/** Swagger UI needs inline styles, and its icons are `data:` URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

const scope = "secret:read secret:write secret:data";

/** Starts it on 127.0.0.1. `POST /token` returns a token for the `domain_id` in the page's form. */
export async function startReference({ port, api, issuer }: ReferenceOptions): Promise<LocalReference> {
  const document = JSON.stringify(openApiDocument([{ url: "/", description: "This stack" }]));
  const pages: Pages = {
    ...files,
    "GET /openapi.json": () => ({ type: types.json, body: document }),
    "POST /token": async (request) => ({ type: types.json, body: await fetchToken(request, issuer) }),
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 502, { type: types.text, body: error instanceof Error ? error.message : String(error) });
    });
  });
  takeOwnRequests(server);
  const url = await listen(server, port);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", url);
    if (pathname.startsWith("/secret/v1/")) await forward(request, response, api);
    else await sendPage(pages[`${request.method} ${pathname}`], request, response);
  }

  return { url, close: async () => await close(server) };
}

async function sendPage(
  page: Pages[string] | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (page === undefined) send(response, 404, { type: types.text, body: "There is no such page." });
  else send(response, 200, await page(request));
}

function send(response: ServerResponse, status: number, { type, body }: Page): void {
  response.writeHead(status, { ...headers, "content-type": type });
  response.end(body);
}

/** Forwards a request to the same path at another origin, without its `Origin` header, and returns the answer. */
async function forward(request: IncomingMessage, response: ServerResponse, origin: string): Promise<void> {
  const { host: _, connection: __, origin: ___, ...headers } = request.headers;
  const { hostname, port } = new URL(origin);
  const forwarded = requestHttp({ hostname, port, path: request.url, method: request.method, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    forwarded.once("response", resolve).once("error", reject);
  });
  const [answer] = await Promise.all([answered, pipeline(request, forwarded)]);
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, response);
}

/** Requests a token that may do everything in its domain, and returns the issuer's answer. */
async function fetchToken(request: IncomingMessage, issuer: string): Promise<string> {
  const domainId = new URLSearchParams(await text(request)).get("domain_id") ?? "";
  const fields = { grant_type: "client_credentials", client_id: "reference", domain_id: domainId, scope };
  const response = await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(fields) });
  if (!response.ok) throw new Error(`The issuer answered ${response.status}.`);
  return await response.text();
}

/** Read for each request, so that changes to the page show at once. */
function fileOf(type: string, path: string): () => Page {
  return () => ({ type, body: readFileSync(path) });
}

function own(name: string): string {
  return join(import.meta.dirname, name);
}

function swagger(name: string): string {
  return join(dirname(require.resolve("swagger-ui-dist/package.json")), name);
}
