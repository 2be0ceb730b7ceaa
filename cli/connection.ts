/** Makes a client of the service from a profile. AWS's clients are loaded only if they are needed. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KMSClientConfig } from "@aws-sdk/client-kms";
import * as v from "valibot";
import { clientCredentials } from "../client/client-credentials.ts";
import { httpTransport } from "../client/http-transport.ts";
import { SecretClient } from "../client/secret-client.ts";
import type { Transport } from "../client/transport.ts";
import type { Unwrap } from "../client/unseal.ts";
import { type Route, routes } from "../lib/http/routes.ts";
import { CliError } from "./failure.ts";
import type { Environment, Io } from "./io.ts";
import {
  type HttpProfile,
  isLoopback,
  type LambdaProfile,
  type LocalProfile,
  type Profile,
  parseMembers,
  textSchema,
} from "./profile.ts";
import { tokenSource } from "./token.ts";

/** A client, and the domain that each request must name; `undefined` if the token has it. */
export interface Connection {
  readonly client: SecretClient;
  /** Leaves sealed data sealed. */
  readonly sealedClient: SecretClient;
  readonly unwrap: Unwrap;
  readonly domainId: string | undefined;
}

/** The needed members of `stack.json`, in which the local stack describes itself. */
interface LocalStack {
  readonly api: string;
  readonly issuer: string;
  readonly kms: string;
  readonly region: string;
}

interface Wired extends Pick<Connection, "domainId"> {
  readonly transport: Transport;
  readonly kms: KMSClientConfig;
}

const localUrl: v.GenericSchema<string> = v.pipe(
  textSchema,
  v.check((text) => {
    const url = URL.parse(text);
    return url !== null && isLoopback(url);
  }, "must be a URL of this machine (localhost, 127.0.0.1 or [::1])"),
);

const stackSchema = v.object({ api: localUrl, issuer: localUrl, kms: localUrl, region: textSchema });

/** The tenant of the seeded samples. */
export const sampleDomain = "domain-sample";

/** The default scopes of a token from the local issuer. */
const allScopes: string = [...new Set(Object.keys(routes).map((route) => routes[route as Route].scope))].join(" ");

/** The local KMS checks no credentials, but an AWS client needs some to sign with. */
const localCredentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

/** The local issuer gives everybody a token. */
const localClient = { clientId: "local", clientSecret: "local" } as const;

/** @throws CliError */
export async function connect(profile: Profile, domain: string | undefined, io: Io): Promise<Connection> {
  const { transport, domainId, kms } = await wire(profile, domain ?? profile.domain, io);
  const unwrap = unwrapper(kms, profile.kmsKey);
  return {
    client: new SecretClient(transport, { unwrap }),
    sealedClient: new SecretClient(transport),
    unwrap,
    domainId,
  };
}

async function wire(profile: Profile, domain: string | undefined, io: Io): Promise<Wired> {
  switch (profile.kind) {
    case "local":
      return wireLocal(profile, domain, io.environment);
    case "http":
      return wireHttp(profile, domain, io);
    case "lambda":
      return await wireLambda(profile, domain);
  }
}

function wireLocal(profile: LocalProfile, domain: string = sampleDomain, environment: Environment): Wired {
  const { api, issuer, kms, region } = readStack(stackPath(profile, environment));
  const token = clientCredentials({
    tokenUrl: `${issuer}/token`,
    ...localClient,
    scope: profile.scope ?? allScopes,
    parameters: { domain_id: domain },
  });
  return {
    transport: httpTransport({ url: api, token }),
    domainId: domain,
    kms: { region, endpoint: kms, credentials: localCredentials },
  };
}

function wireHttp(profile: HttpProfile, domain: string | undefined, io: Io): Wired {
  return {
    transport: httpTransport({ url: profile.url, token: tokenSource(profile, io) }),
    domainId: domain,
    kms: { ...(profile.region && { region: profile.region }) },
  };
}

async function wireLambda({ region, functions, alias }: LambdaProfile, domain: string | undefined): Promise<Wired> {
  if (domain === undefined && alias === undefined) {
    throw new CliError("Invoking functions needs a domain: use --domain, or set domain in the profile.");
  }
  const [{ LambdaClient }, { lambdaTransport }] = await load("@aws-sdk/client-lambda", async () => [
    await import("@aws-sdk/client-lambda"),
    await import("../client/lambda-transport.ts"),
  ]);
  const config = { ...(region && { region }) };
  const client = new LambdaClient({ ...config, maxAttempts: 1 });
  return { transport: lambdaTransport({ client, functions, ...(alias && { alias }) }), domainId: domain, kms: config };
}

/** Loads the KMS client when the first sealed data comes. */
function unwrapper(config: KMSClientConfig, keyId: string | undefined): Unwrap {
  let loading: Promise<Unwrap> | undefined;
  return async (...call) => {
    loading ??= loadUnwrap(config, keyId);
    return await (await loading)(...call);
  };
}

async function loadUnwrap(config: KMSClientConfig, keyId: string | undefined): Promise<Unwrap> {
  const [{ KMSClient }, { kmsUnwrap }] = await load("@aws-sdk/client-kms", async () => [
    await import("@aws-sdk/client-kms"),
    await import("../client/kms-unwrap.ts"),
  ]);
  return kmsUnwrap(new KMSClient(config), keyId);
}

/** Loads a package that only some commands need. @throws CliError that names the package, if it is not installed */
export async function load<Loaded>(name: string, loader: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await loader();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new CliError(
      `This needs the package ${name}. Install it where the command line is, for example: npm install --global ${name}`,
      "usage",
      "ERROR_CONFIGURATION",
    );
  }
}

export function stackPath({ dir }: LocalProfile, { LOCAL_DIR }: Environment): string {
  return join(dir ?? (LOCAL_DIR || ".local"), "stack.json");
}

/**
 * An attacker may have written a file in the current folder, e.g. in a cloned repository. So its URLs must be of this
 * machine.
 * @throws CliError that says how to start a stack
 */
export function readStack(path: string): LocalStack {
  return parseMembers(stackSchema, readJson(path), path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    const reason = `No local stack is running here: ${path} cannot be read.`;
    const advice = "Start one with `npm start`, or name another service with --profile, SECRET_PROFILE or SECRET_URL.";
    throw new CliError(`${reason} ${advice}`, "unavailable", "ERROR_UNAVAILABLE");
  }
}
