/**
 * Reads a KV v2 mount of HashiCorp Vault or OpenBao over HTTP: lists the folders, then reads each secret's data and
 * metadata. Source: their API documentation, "KV secrets engine - version 2".
 */

import * as v from "valibot";
import { withRetries } from "../../client/call.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { inOrder } from "../../lib/base/async.ts";
import { JsonTextError, membersOf, parseJsonText } from "../../lib/base/json-text.ts";
import { CliError } from "../failure.ts";
import type { Io } from "../io.ts";
import { parseUrl } from "../profile.ts";
import type { Entry, Found } from "./entry.ts";

export interface VaultOptions {
  /** A folder in the mount, or a secret; "" reads everything. */
  readonly from: string;
  readonly mount?: string | undefined;
  readonly namespace?: string | undefined;
  readonly allVersions?: boolean | undefined;
  /** For OpenBao, which returns long lists in pages. Vault ignores this, and returns a list whole. Default 1000. */
  readonly pageSize?: number;
  readonly parallel: number;
}

interface Collected {
  readonly paths: string[];
  readonly refusals: Found[];
}

interface Answer {
  readonly status: number;
  /** The member `data` as JSON with all its digits; `undefined` if there is none. */
  readonly data: string | undefined;
}

const versionSchema = v.object({
  deletion_time: v.optional(v.string()),
  destroyed: v.optional(v.boolean()),
  custom_metadata: v.nullish(v.record(v.string(), v.string())),
});
const metadataSchema = v.object({ versions: v.record(v.string(), versionSchema) });
const keysSchema = v.object({ keys: v.array(v.string()) });

type VersionMetadata = v.InferOutput<typeof versionSchema>;

const callMs = 30_000;

/** Yields all secrets below a path, in the order of paths. @throws CliError, SecretApiError if Vault cannot be read */
export async function* vaultSource(io: Io, options: VaultOptions): AsyncGenerator<Found> {
  const vault = new Vault(io, options);
  const root = options.from.replace(/^\/+/, "");
  const found: Collected = { paths: [], refusals: [] };
  await vault.collect(root, found);
  yield* found.refusals;
  const read = options.allVersions ? vault.readAllVersions : vault.readNewest;
  const tasks = found.paths.map((path) => async () => await read.call(vault, path));
  yield* inOrder(tasks, options.parallel, {});
}

class Vault {
  readonly #base: string;
  readonly #headers: { readonly [name: string]: string };
  readonly #pageSize: number;

  constructor({ environment }: Io, options: VaultOptions) {
    const { mount = "secret", namespace = environment["VAULT_NAMESPACE"], pageSize = 1000 } = options;
    this.#pageSize = pageSize;
    const address = environment["VAULT_ADDR"];
    const token = environment["VAULT_TOKEN"];
    if (!address) throw new CliError("VAULT_ADDR is not set: set it to the address of Vault.");
    if (!token)
      throw new CliError("VAULT_TOKEN is not set: set it to a token of Vault that may list and read.", "denied");
    const url = parseUrl(address, "VAULT_ADDR");
    this.#base = `${url.replace(/\/+$/, "")}/v1/${encodePath(mount.replace(/^\/+|\/+$/g, ""))}`;
    this.#headers = {
      "x-vault-token": token,
      // Vault's proxies require this header, because a web page cannot send it.
      "x-vault-request": "true",
      ...(namespace && { "x-vault-namespace": namespace }),
    };
  }

  /**
   * Collects the secrets at and below a path. `""` and paths that end with `/` are only folders; other paths can be a
   * secret and a folder at once.
   * @throws CliError if there is nothing
   */
  async collect(root: string, found: Collected): Promise<void> {
    const isFolder = root === "" || root.endsWith("/");
    const before = found.paths.length + found.refusals.length;
    if (!isFolder && (await this.#isSecret(root))) found.paths.push(root);
    await this.#collectFolder(isFolder ? root : `${root}/`, found);
    if (found.paths.length + found.refusals.length > before) return;
    const reason = "check the path, --mount (of KV version 2) and --namespace.";
    throw new CliError(`Nothing was found at "${root}" in the mount: ${reason}`, "notFound", "ERROR_NOT_FOUND");
  }

  async #collectFolder(folder: string, found: Collected): Promise<void> {
    const keys = await this.#list(folder);
    if (keys === "denied") {
      const reason = "the token may not list it (Vault answers 403)";
      found.refusals.push({ kind: "refused", path: folder, reason });
      return;
    }
    for (const key of keys) {
      if (key.endsWith("/")) await this.#collectFolder(`${folder}${key}`, found);
      else found.paths.push(`${folder}${key}`);
    }
  }

  /** Also true for a deleted secret, which is refused later, with the reason. */
  async #isSecret(path: string): Promise<boolean> {
    const { status, data } = await this.#get(`data/${encodePath(path)}`);
    return status === 200 || data !== undefined;
  }

  async readNewest(path: string): Promise<Found> {
    const { status, data } = await this.#get(`data/${encodePath(path)}`);
    return this.#toFound(path, status, data);
  }

  /** Leaves out versions that were deleted or destroyed. If that is the newest version, it refuses the secret. */
  async readAllVersions(path: string): Promise<Found> {
    const { status, data } = await this.#get(`metadata/${encodePath(path)}`);
    if (data === undefined || status !== 200) return refuse(path, status);
    const { versions } = parse(metadataSchema, data);
    const numbers = Object.keys(versions)
      .map(Number)
      .sort((one, other) => one - other);
    const newest = numbers.at(-1);
    if (newest === undefined) return { kind: "refused", path, reason: "has no version" };
    const live = numbers.slice(0, -1).filter((number) => isLive(versions[number]));
    const earlier: string[] = [];
    for (const number of [...live, newest]) {
      const version = await this.#get(`data/${encodePath(path)}?version=${number}`);
      const found = this.#toFound(path, version.status, version.data);
      if (found.kind === "refused" || number === newest)
        return found.kind === "refused" ? found : { ...found, earlier };
      earlier.push(found.dataText);
    }
    return { kind: "refused", path, reason: "has no version" };
  }

  #toFound(path: string, status: number, data: string | undefined): Found {
    const members = data === undefined ? undefined : membersOf({ text: data });
    const metadata = parse(versionSchema, members?.get("metadata") ?? "{}");
    if (status === 404 && members !== undefined)
      return { kind: "refused", path, reason: "the newest version is deleted" };
    if (status !== 200 || members === undefined) return refuse(path, status);
    const dataText = members.get("data") ?? "null";
    if (!dataText.startsWith("{")) return { kind: "refused", path, reason: "the newest version is deleted" };
    return { kind: "entry", path, dataText, ...toMetadata(metadata) };
  }

  async #list(folder: string): Promise<readonly string[] | "denied"> {
    const keys = new Set<string>();
    for (let after = ""; ; after = [...keys].at(-1) ?? "") {
      const page = await this.#listPage(folder, after);
      if (page === "denied") return page;
      const listed = page.filter((key) => !keys.has(key));
      for (const key of listed) keys.add(key);
      if (listed.length !== this.#pageSize) return [...keys];
    }
  }

  async #listPage(folder: string, after: string): Promise<readonly string[] | "denied"> {
    const query = new URLSearchParams({ list: "true", limit: String(this.#pageSize), ...(after !== "" && { after }) });
    const { status, data } = await this.#get(`metadata/${encodePath(folder)}?${query}`);
    if (status === 403) return "denied";
    return data === undefined ? [] : parse(keysSchema, data).keys;
  }

  async #get(path: string): Promise<Answer> {
    const signal = AbortSignal.timeout(callMs);
    const time = { isRepeatable: true, signal, endsAt: performance.now() + callMs };
    return await withRetries(async () => await this.#getOnce(path, signal), time, {});
  }

  /** @throws SecretApiError if a retry may help, CliError otherwise */
  async #getOnce(path: string, signal: AbortSignal): Promise<Answer> {
    const url = `${this.#base}/${path}`;
    let response: Response;
    try {
      // A redirect would send the token to another server.
      response = await fetch(url, { headers: this.#headers, redirect: "manual", signal });
    } catch (cause) {
      throw new SecretApiError("ERROR_UNAVAILABLE", "Vault does not answer.", { cause });
    }
    const { status } = response;
    if (status >= 300 && status < 400)
      throw new CliError(
        `Vault redirects to another address (${status}). Set VAULT_ADDR to the address of its active node.`,
      );
    if (status === 412 || status === 429 || status >= 500)
      throw new SecretApiError("ERROR_UNAVAILABLE", `Vault answers ${status}.`, { status });
    const text = await response.text();
    if (status === 400)
      throw new CliError("Vault refuses the request (400). Check --mount (of KV version 2) and --namespace.");
    return { status, data: toData(text) };
  }
}

function refuse(path: string, status: number): Found {
  const reason = status === 403 ? "the token may not read it (Vault answers 403)" : `Vault answers ${status}`;
  return { kind: "refused", path, reason };
}

function isLive(version: VersionMetadata | undefined): boolean {
  if (version === undefined || version.destroyed) return false;
  return !version.deletion_time || Date.parse(version.deletion_time) > Date.now();
}

/** A deletion in the future becomes the date on which the data stops being valid. */
function toMetadata({ custom_metadata: tags, deletion_time: date }: VersionMetadata): Partial<Entry> {
  return {
    ...(tags && Object.keys(tags).length > 0 && { tags }),
    ...(date && { expires_at: new Date(date).toISOString() }),
  };
}

/** @throws CliError if the answer is not in the form of Vault's documentation */
function parse<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> {
  const { success, output } = v.safeParse(schema, JSON.parse(text));
  if (success) return output;
  throw new CliError("The answer is not one of Vault's KV version 2. Check VAULT_ADDR and --mount.");
}

/** @returns `undefined` if the answer has no `data`, as with errors */
function toData(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    const data = membersOf(parseJsonText(text)).get("data");
    return data?.startsWith("{") ? data : undefined;
  } catch (error) {
    if (error instanceof JsonTextError)
      throw new CliError("The answer is not Vault's: it is not a JSON object. Check VAULT_ADDR.");
    throw error;
  }
}

/** Encodes each segment, because a name may have any character. */
function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
