/** What a profile is: where the service is and who asks. From unknown JSON to types; nothing is opened here. */

import { isObject } from "../lib/base/json.ts";
import { type Route, routes } from "../lib/http/routes.ts";
import { CliError } from "./failure.ts";

interface Common {
  /** The tenant that is asked for; left out, it is the token's. */
  readonly domain?: string | undefined;
  /** Data comes sealed, and is opened here with KMS. */
  readonly sealed?: boolean | undefined;
  /** The one KMS key, its id or ARN, that opens sealed data. */
  readonly kmsKey?: string | undefined;
}

/** The stack that `npm start` runs. */
export interface LocalProfile extends Common {
  readonly kind: "local";
  readonly dir?: string | undefined;
  readonly scope?: string | undefined;
}

export interface HttpProfile extends Common {
  readonly kind: "http";
  readonly url: string;
  readonly tokenCommand?: readonly string[] | undefined;
  readonly clientCredentials?: ClientCredentials | undefined;
  /** Of the KMS key, where data comes sealed. */
  readonly region?: string | undefined;
}

export interface LambdaProfile extends Common {
  readonly kind: "lambda";
  readonly region?: string | undefined;
  readonly functions: Readonly<Record<Route, string>>;
}

export type Profile = LocalProfile | HttpProfile | LambdaProfile;

/** OAuth 2.0, RFC 6749 section 4.4. The secret itself never stands in the configuration. */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecretEnv?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
}

type Kind = Profile["kind"];

export type Members = { readonly [name: string]: unknown };

const common = ["kind", "domain", "sealed", "kmsKey"];
const known: { readonly [Name in Kind]: readonly string[] } = {
  local: [...common, "dir", "scope"],
  http: [...common, "url", "tokenCommand", "clientCredentials", "region"],
  lambda: [...common, "region", "functions", "stage", "service"],
};
const knownCredentials = ["tokenUrl", "clientId", "clientSecretEnv", "clientSecretFile", "scope", "audience"];

/** @throws CliError naming the member at fault; `path` is where it stands */
export function parseProfile(value: unknown, path: string): Profile {
  const members = getObject(value, path);
  const kind = members["kind"];
  if (kind !== "local" && kind !== "http" && kind !== "lambda") {
    throw malformed(`${path}.kind`, '"local", "http" or "lambda"');
  }
  assertKnown(members, known[kind], path);
  const base = {
    domain: findText(members, "domain", path),
    sealed: members["sealed"] === true,
    kmsKey: findText(members, "kmsKey", path),
  };
  switch (kind) {
    case "local":
      return { kind, ...base, dir: findText(members, "dir", path), scope: findText(members, "scope", path) };
    case "http":
      return { kind, ...base, ...parseHttp(members, path) };
    case "lambda":
      return { kind, ...base, region: findText(members, "region", path), functions: parseFunctions(members, path) };
  }
}

/** Named as serverless.yml names them: `<service>-<stage>-<route>`; `functions` says otherwise. */
function parseFunctions(members: Members, path: string): LambdaProfile["functions"] {
  const own = members["functions"] === undefined ? {} : getObject(members["functions"], `${path}.functions`);
  assertKnown(own, Object.keys(routes), `${path}.functions`);
  const stage = findText(members, "stage", path);
  const service = findText(members, "service", path) ?? "secret";
  const toName = (route: string): string => {
    const name = findText(own, route, `${path}.functions`) ?? (stage && `${service}-${stage}-${route}`);
    if (name === undefined)
      throw malformed(`${path}.stage`, `a stage's name, or functions.${route} that of a function`);
    return name;
  };
  return Object.fromEntries(Object.keys(routes).map((route) => [route, toName(route)])) as LambdaProfile["functions"];
}

function parseHttp(members: Members, path: string): Omit<HttpProfile, "kind" | keyof Common> {
  const command = members["tokenCommand"];
  if (command !== undefined && !(Array.isArray(command) && command.length > 0 && command.every(isText))) {
    throw malformed(`${path}.tokenCommand`, 'a program and its arguments, ["program", "argument"]');
  }
  const credentials = members["clientCredentials"];
  return {
    url: parseUrl(getText(members, "url", path), `${path}.url`),
    tokenCommand: command as readonly string[] | undefined,
    clientCredentials:
      credentials === undefined ? undefined : parseCredentials(credentials, `${path}.clientCredentials`),
    region: findText(members, "region", path),
  };
}

function parseCredentials(value: unknown, path: string): ClientCredentials {
  const members = getObject(value, path);
  assertKnown(members, knownCredentials, path);
  const [env, file] = [findText(members, "clientSecretEnv", path), findText(members, "clientSecretFile", path)];
  if ((env === undefined) === (file === undefined))
    throw malformed(path, "one of clientSecretEnv and clientSecretFile");
  return {
    tokenUrl: parseUrl(getText(members, "tokenUrl", path), `${path}.tokenUrl`),
    clientId: getText(members, "clientId", path),
    clientSecretEnv: env,
    clientSecretFile: file,
    scope: findText(members, "scope", path),
    audience: findText(members, "audience", path),
  };
}

/** Tokens and data do not go over the network in the clear. @throws CliError */
export function parseUrl(text: string, path: string): string {
  const url = URL.parse(text);
  const isPrivate = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
  if (url === null || !isPrivate || url.username !== "" || url.password !== "") {
    throw malformed(path, "an https URL (http: for this machine only)");
  }
  return url.href;
}

/** Whether it is this machine's, in any way to write that: a URL's host is parsed already. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** @throws CliError */
export function getObject(value: unknown, path: string): Members {
  if (!isObject(value)) throw malformed(path, "an object");
  return value;
}

/** @throws CliError */
export function findText(members: Members, name: string, path: string): string | undefined {
  const value = members[name];
  if (value === undefined || isText(value)) return value;
  throw malformed(`${path}.${name}`, "a text");
}

/** @throws CliError */
export function getText(members: Members, name: string, path: string): string {
  const text = findText(members, name, path);
  if (text === undefined) throw malformed(`${path}.${name}`, "a text");
  return text;
}

/** @throws CliError naming the first that is not known: a typo must not pass silently */
export function assertKnown(members: Members, names: readonly string[], path: string): void {
  const other = Object.keys(members).find((name) => !names.includes(name));
  if (other !== undefined) {
    throw new CliError(`${path}.${other} is unknown; there are ${names.join(", ")}.`, "usage", "ERROR_CONFIGURATION");
  }
}

/** What is wrong with a member of the configuration. */
export function malformed(path: string, what: string): CliError {
  return new CliError(`${path} must be ${what}.`, "usage", "ERROR_CONFIGURATION");
}
