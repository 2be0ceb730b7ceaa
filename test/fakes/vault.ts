/**
 * A fake of Vault, which answers as the API documentation of KV version 2 says (openbao.org/api-docs/secret/kv/kv-v2,
 * and HashiCorp's): LIST, data with versions and metadata, deleted and destroyed versions, namespaces, 403.
 */

import { createServer, type Server } from "node:http";
import { listen } from "../../tools/local/loopback.ts";

interface FakeVersion {
  /** A JSON object; absent if the version is deleted or destroyed. */
  readonly data?: string;
  readonly deletion_time?: string;
  readonly destroyed?: boolean;
}

interface FakeSecret {
  readonly versions: readonly FakeVersion[];
  readonly custom_metadata?: { readonly [key: string]: string };
}

export interface FakeVault {
  readonly mount: string;
  readonly namespace?: string;
  readonly token: string;
  /** Paths that the token may not read, and folders (with a `/`) that it may not list. */
  readonly denied?: readonly string[];
  /** Supports `after` and `limit`, as OpenBao does. */
  readonly isPaging?: boolean;
  readonly secrets: { readonly [path: string]: FakeSecret };
  /** How many requests get 503 at first. */
  readonly failures?: number;
}

export interface RunningVault {
  readonly address: string;
  /** The path and query of each request. */
  readonly requests: readonly string[];
  readonly close: () => void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const createdAt = "2026-01-01T00:00:00.123456789Z";
const notFound: Answer = { status: 404, body: '{"errors":[]}' };
const forbidden: Answer = { status: 403, body: '{"errors":["1 error occurred:\\n\\t* permission denied\\n\\n"]}' };

export async function startVault(vault: FakeVault): Promise<RunningVault> {
  const requests: string[] = [];
  let failures = vault.failures ?? 0;
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const { "x-vault-token": token, "x-vault-namespace": namespace } = request.headers;
    const isKnown = token === vault.token && request.headers["x-vault-request"] === "true";
    const isHere = namespace === vault.namespace;
    const answer =
      failures-- > 0
        ? { status: 503, body: '{"errors":["sealed"]}' }
        : isKnown
          ? isHere
            ? answerTo(vault, request.url ?? "")
            : notFound
          : forbidden;
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
  const address = await listen(server, 0);
  return { address, requests, close: () => server.close() };
}

function answerTo(vault: FakeVault, target: string): Answer {
  const url = new URL(target, "http://vault");
  const [, kind = "", encoded = ""] = new RegExp(`^/v1/${vault.mount}/(data|metadata)/(.*)$`).exec(url.pathname) ?? [];
  const path = decodeURIComponent(encoded);
  if (vault.denied?.includes(path)) return forbidden;
  if (kind === "metadata" && url.searchParams.get("list") === "true") return list(vault, path, url.searchParams);
  const secret = vault.secrets[path];
  if (secret === undefined || kind === "") return notFound;
  if (kind === "data") return readData(secret, Number(url.searchParams.get("version") ?? 0));
  const versions = secret.versions.map((version, index) => [index + 1, metadataOf(version)]);
  const data = {
    custom_metadata: secret.custom_metadata ?? null,
    current_version: versions.length,
    versions: Object.fromEntries(versions),
  };
  return { status: 200, body: JSON.stringify({ request_id: "r", data }) };
}

function list({ secrets, isPaging }: FakeVault, folder: string, query: URLSearchParams): Answer {
  const below = Object.keys(secrets).filter((path) => path.startsWith(folder) && path !== folder);
  const keys = [...new Set(below.map((path) => path.slice(folder.length).replace(/\/.*$/, "/")))].sort();
  const after = query.get("after") ?? "";
  const shown = isPaging ? keys.filter((key) => key > after).slice(0, Number(query.get("limit") ?? keys.length)) : keys;
  return shown.length === 0 ? notFound : { status: 200, body: JSON.stringify({ data: { keys: shown } }) };
}

/** For a deleted version, the answer is 404 with its metadata. */
function readData({ versions, custom_metadata = {} }: FakeSecret, asked: number): Answer {
  const number = asked === 0 ? versions.length : asked;
  const version = versions[number - 1];
  if (version === undefined) return notFound;
  const metadata = JSON.stringify({ ...metadataOf(version), custom_metadata, version: number });
  const body = `{"request_id":"r","data":{"data":${version.data ?? "null"},"metadata":${metadata}}}`;
  return { status: version.data === undefined ? 404 : 200, body };
}

function metadataOf({ deletion_time = "", destroyed = false }: FakeVersion): object {
  return { created_time: createdAt, deletion_time, destroyed };
}
