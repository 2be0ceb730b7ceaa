/**
 * A model of External Secrets Operator's webhook provider, from its source (external-secrets, providers/v1/webhook and
 * runtime/esutils, 2026): templates, JSONPath, status codes, and how values become bytes. It supports only the parts of
 * Go's templates and of JSONPath that the page uses, and refuses anything else, so that it cannot pass by accident.
 */

export interface Webhook {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly result: { readonly jsonPath: string };
  readonly secrets: readonly { readonly name: string; readonly secretRef: { readonly name: string } }[];
}

export interface RemoteRef {
  readonly key: string;
  readonly property?: string;
}

/** Kubernetes secrets by name. */
export type Cluster = Map<string, { readonly [key: string]: string }>;

/** The API answered 404, for which `deletionPolicy` decides. */
export class NoSecretError extends Error {}

type TemplateData = { readonly [name: string]: { readonly [key: string]: string } };

const action = /\{\{ (?:if \.(?<if>[\w.]+)|(?<end>end)|\.(?<path>[\w.]+)(?: \| (?<pipe>\w+))?) \}\}/g;

const pipes: { readonly [name: string]: (text: string) => string } = {
  // Go's encoder escapes characters with a meaning in HTML.
  toJson: (text) => JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/g, (one) => `\\u${hex(one)}`),
  urlquery: (text) =>
    encodeURIComponent(text)
      .replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%20", "+"),
};

/** Gets one value, for an entry of `data`. @throws NoSecretError */
export async function getSecret(webhook: Webhook, ref: RemoteRef, cluster: Cluster): Promise<string> {
  return toValue(await getResult(webhook, ref, cluster));
}

/** Gets all members, for an entry of `dataFrom`. @throws NoSecretError */
export async function getSecretMap(
  webhook: Webhook,
  ref: RemoteRef,
  cluster: Cluster,
): Promise<Record<string, string>> {
  const result = await getResult(webhook, ref, cluster);
  if (typeof result !== "object" || result === null || Array.isArray(result)) throw new Error("wrong type");
  return Object.fromEntries(Object.entries(result).map(([key, value]) => [key, toMember(value)]));
}

async function getResult(webhook: Webhook, ref: RemoteRef, cluster: Cluster): Promise<unknown> {
  const used = webhook.secrets.map(({ name, secretRef }) => [name, cluster.get(secretRef.name) ?? {}] as const);
  const data = { remoteRef: { key: ref.key, property: ref.property ?? "" }, ...Object.fromEntries(used) };
  const headers = Object.entries(webhook.headers).map(([name, value]) => [name, execute(value, data)] as const);
  const response = await fetch(webhook.url, {
    method: webhook.method,
    headers: Object.fromEntries(headers),
    body: execute(webhook.body, data),
  });
  if (response.status === 404) throw new NoSecretError();
  if (!response.ok) throw new Error(`endpoint gave error ${response.status}`);
  return find(await response.json(), execute(webhook.result.jsonPath, data));
}

/** Go's text/template. */
export function execute(template: string, data: TemplateData): string {
  const open: boolean[] = [];
  let text = "";
  let end = 0;
  const write = (piece: string) => {
    if (/\{\{|\}\}/.test(piece)) throw new Error(`the model does not know ${piece}`);
    if (open.every(Boolean)) text += piece;
  };
  for (const match of template.matchAll(action)) {
    const groups = match.groups ?? {};
    write(template.slice(end, match.index));
    end = match.index + match[0].length;
    if (groups["if"] !== undefined) open.push(lookUp(groups["if"], data) !== "");
    else if (groups["end"] !== undefined) open.pop();
    else if (open.every(Boolean)) text += (pipes[groups["pipe"] ?? ""] ?? String)(lookUp(groups["path"] ?? "", data));
  }
  write(template.slice(end));
  return text;
}

function lookUp(path: string, data: TemplateData): string {
  const [name = "", key = ""] = path.split(".");
  return data[name]?.[key] ?? "<no value>";
}

/** PaesslerAG/jsonpath. */
function find(json: unknown, path: string): unknown {
  let value = json;
  const parts = /^\$((?:\.\w+|\["(?:[^"\\]|\\.)*"\])*)$/.exec(path)?.[1];
  if (parts === undefined) throw new Error(`the model does not know ${path}`);
  for (const [part] of parts.matchAll(/\.\w+|\["(?:[^"\\]|\\.)*"\]/g)) {
    const key = part.startsWith(".") ? part.slice(1) : String(JSON.parse(part.slice(1, -1)));
    if (!Object.hasOwn(Object(value), key)) throw new Error(`unknown key ${key}`);
    value = Reflect.get(Object(value), key);
  }
  return value;
}

/** `extractSecretData`. */
function toValue(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) throw new Error("filter worked but didn't get any result");
    return toValue(value[0]);
  }
  return typeof value === "number" ? withoutDecimals(value) : toMember(value);
}

/** `GetByteValue`. */
function toMember(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `FormatFloat(value, 'f', 0, 64)`: the nearest whole number; of two, the even one. */
function withoutDecimals(value: number): string {
  const rounded = Math.round(value);
  return String(Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
