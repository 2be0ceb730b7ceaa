/** Parses profiles, which say where the service is and who the caller is. Opens no files and connections. */

import * as v from "valibot";
import { isObject } from "../lib/base/json.ts";
import { type Route, routes } from "../lib/http/routes.ts";
import { CliError } from "./failure.ts";

interface Common {
  /** The tenant. Default: the token's. */
  readonly domain?: string | undefined;
  /** Requests sealed data, and opens it here with KMS. */
  readonly sealed?: boolean | undefined;
  /** The only KMS key (id or ARN) that may open sealed data. */
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
  /** The region of the KMS key, for sealed data. */
  readonly region?: string | undefined;
}

export interface LambdaProfile extends Common {
  readonly kind: "lambda";
  readonly region?: string | undefined;
  /** The functions' alias to invoke, which has its own grant and domain. */
  readonly alias?: string | undefined;
  readonly functions: Readonly<Record<Route, string>>;
}

export type Profile = LocalProfile | HttpProfile | LambdaProfile;

/** OAuth 2.0, RFC 6749 section 4.4. The client secret itself is never in the configuration. */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecretEnv?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
}

/** The content of the configuration file. */
export interface ConfigurationFile {
  readonly defaultProfile?: string | undefined;
  readonly profiles: { readonly [name: string]: Profile };
}

type Issue = v.BaseIssue<unknown>;

const routeNames = Object.keys(routes) as readonly Route[];

export const textSchema: v.GenericSchema<string> = v.pipe(
  v.string("must be a string"),
  v.nonEmpty("must not be empty"),
);
const text = v.optional(textSchema);

/** Tokens and data must not cross the network unencrypted. */
const urlSchema = v.pipe(
  textSchema,
  v.check((value) => isPrivateUrl(URL.parse(value)), "must be an https URL (http is allowed only for this machine)"),
  v.transform((value) => new URL(value).href),
);

const common = { domain: text, sealed: v.optional(v.boolean("must be true or false")), kmsKey: text };

const credentialsSchema = v.pipe(
  v.strictObject({
    tokenUrl: urlSchema,
    clientId: textSchema,
    clientSecretEnv: text,
    clientSecretFile: text,
    scope: text,
    audience: text,
  }),
  v.check(
    ({ clientSecretEnv, clientSecretFile }) => (clientSecretEnv === undefined) !== (clientSecretFile === undefined),
    "must have either clientSecretEnv or clientSecretFile",
  ),
);

const localSchema = v.strictObject({ kind: v.literal("local"), ...common, dir: text, scope: text });

const httpSchema = v.strictObject({
  kind: v.literal("http"),
  ...common,
  url: urlSchema,
  tokenCommand: v.optional(
    v.pipe(
      v.array(textSchema, 'must be a list of a program and its arguments, ["program", "argument"]'),
      v.nonEmpty('must be a list of a program and its arguments, ["program", "argument"]'),
    ),
  ),
  clientCredentials: v.optional(credentialsSchema),
  region: text,
});

/** Functions have the names of serverless.yml, `<service>-<stage>-<route>`, unless `functions` says otherwise. */
const lambdaSchema = v.pipe(
  v.strictObject({
    kind: v.literal("lambda"),
    ...common,
    region: text,
    alias: text,
    stage: text,
    service: v.optional(textSchema, "secret"),
    functions: v.optional(v.strictObject(v.entriesFromList(routeNames, text)), {}),
  }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const { stage, service, functions, ...rest } = value;
    const missing = routeNames.find((route) => stage === undefined && functions[route] === undefined);
    if (missing !== undefined) {
      const message = `must be a stage's name, unless functions.${missing} names a function`;
      addIssue({ message, path: [{ type: "object", origin: "value", input: value, key: "stage", value: stage }] });
      return NEVER;
    }
    const names = routeNames.map((route) => [route, functions[route] ?? `${service}-${stage}-${route}`]);
    return { ...rest, functions: Object.fromEntries(names) as Readonly<Record<Route, string>> };
  }),
);

/** Valibot alone would accept an array as an object. */
const objectSchema = v.pipe(v.unknown(), v.check(isObject, "must be an object"));

const profileSchema = v.pipe(
  objectSchema,
  v.variant("kind", [localSchema, httpSchema, lambdaSchema], 'must be "local", "http" or "lambda"'),
);

/** Completion passes these names to a shell. */
const nameSchema = v.pipe(v.string(), v.regex(/^[\w.-]+$/, "must consist of letters, digits, _, . and -"));

export const configurationSchema: v.GenericSchema<unknown, ConfigurationFile> = v.pipe(
  objectSchema,
  v.strictObject({
    defaultProfile: text,
    profiles: v.optional(v.pipe(objectSchema, v.record(nameSchema, profileSchema)), {}),
  }),
);

/** @throws CliError that names `source` and the path of the member at fault */
export function parseMembers<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  source: string,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, value, { abortPipeEarly: true });
  if (success) return output;
  // If a member is misspelled, report that, not the missing one.
  const issue = issues.find(isUnknownMember) ?? issues[0];
  throw new CliError(`${source}${describe(issue)}.`, "usage", "ERROR_CONFIGURATION");
}

/** @throws CliError */
export function parseProfile(value: unknown, source: string): Profile {
  return parseMembers(profileSchema, value, source);
}

/** @throws CliError */
export function parseUrl(value: string, source: string): string {
  return parseMembers(urlSchema, value, source);
}

/** Whether the host is this machine, however it is written: a parsed URL has the host in normal form. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

function isPrivateUrl(url: URL | null): boolean {
  const isPrivate = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
  return url !== null && isPrivate && url.username === "" && url.password === "";
}

function isUnknownMember({ type, expected }: Issue): boolean {
  return type === "strict_object" && expected === "never";
}

/** Says where the mistake is, and what is wrong. */
function describe(issue: Issue): string {
  const path = (issue.path ?? []).map(({ key }) => String(key)).join(".");
  return `${path === "" ? "" : `: ${path}`} ${describeFault(issue)}`;
}

function describeFault(issue: Issue): string {
  if (isUnknownMember(issue)) return "is unknown";
  if (issue.expected === "Object") return "must be an object";
  // For an object, the only remaining issue is a missing member.
  return issue.type.endsWith("object") ? "is missing" : issue.message;
}
