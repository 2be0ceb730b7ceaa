/** The targets of the checks: HTTP, the functions, or both on the local stack. */

import { randomUUID } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { parseUrl } from "../../../cli/profile.ts";
import { clientCredentials } from "../../../client/client-credentials.ts";
import { type HttpTransportOptions, httpTransport } from "../../../client/http-transport.ts";
import { lambdaTransport } from "../../../client/lambda-transport.ts";
import { SecretClient } from "../../../client/secret-client.ts";
import type { Route } from "../../../lib/http/routes.ts";
import { readDeployment } from "../../local/deployment.ts";
import { credentials } from "../../local/folder.ts";
import { getStack } from "../deployment.ts";

export interface Target {
  readonly title: string;
  readonly client: SecretClient;
  readonly domain: { readonly domain_id?: string };
  /** For HTTP: the base URL, and a client whose token has only `secret:read`, if there is one. */
  readonly door: { readonly url: string; readonly reader: SecretClient | null } | null;
}

/** Options of the command line. */
export interface TargetChoice {
  readonly url?: string | undefined;
  readonly stage?: string | undefined;
  readonly domain?: string | undefined;
  readonly "token-env"?: string | undefined;
  readonly "read-token-env"?: string | undefined;
}

type Environment = { readonly [name: string]: string | undefined };
type Token = HttpTransportOptions["token"];

const limits = { timeoutMs: 15_000 };

/** @throws Error with a sentence for the user */
export async function findTargets(choice: TargetChoice, environment: Environment): Promise<readonly Target[]> {
  if (choice.url === undefined && (choice.stage ?? "local") === "local") return localTargets(environment);
  return [
    ...(choice.url === undefined ? [] : [overHttp(parseUrl(choice.url, "--url"), choice, environment)]),
    ...(choice.stage === undefined ? [] : [await ofStage(choice.stage, choice.domain)]),
  ];
}

function overHttp(url: string, choice: TargetChoice, environment: Environment): Target {
  const readToken = choice["read-token-env"];
  return {
    title: url,
    client: httpClient(url, findToken(choice["token-env"], environment)),
    domain: choice.domain === undefined ? {} : { domain_id: choice.domain },
    door: { url, reader: readToken === undefined ? null : httpClient(url, required(readToken, environment)) },
  };
}

async function ofStage(stage: string, domainId = newDomain()): Promise<Target> {
  const { functions } = await readDeployment(stage);
  return direct({ client: new LambdaClient({ maxAttempts: 1 }), functions, domainId });
}

function localTargets(environment: Environment): readonly Target[] {
  const { api, lambda, issuer, region, functions } = getStack(environment);
  const domainId = newDomain();
  const tokenOf = (scope: string) =>
    clientCredentials({
      ...{ tokenUrl: `${issuer}/token`, clientId: "smoke", clientSecret: "smoke", scope },
      parameters: { domain_id: domainId },
    });
  const reader = httpClient(api, tokenOf("secret:read"));
  const client = httpClient(api, tokenOf("secret:read secret:write secret:data"));
  const invoker = new LambdaClient({ endpoint: lambda, region, credentials, maxAttempts: 1 });
  return [
    { title: api, client, domain: {}, door: { url: api, reader } },
    direct({ client: invoker, functions, domainId }),
  ];
}

interface DirectOptions {
  readonly client: LambdaClient;
  readonly functions: { readonly [route: string]: string };
  readonly domainId: string;
}

function direct({ client, functions, domainId }: DirectOptions): Target {
  const transport = lambdaTransport({ client, functions: functions as { readonly [Name in Route]?: string } });
  const title = `${Object.values(functions)[0]}, … by invocation`;
  return { title, client: new SecretClient(transport, limits), domain: { domain_id: domainId }, door: null };
}

function httpClient(url: string, token: Token): SecretClient {
  return new SecretClient(httpTransport({ url, token }), limits);
}

/** A token from the environment, or a source that gets tokens by client credentials. */
function findToken(name: string | undefined, environment: Environment): Token {
  if (name !== undefined || environment["SECRET_TOKEN"]) return required(name ?? "SECRET_TOKEN", environment);
  if (!environment["SECRET_TOKEN_URL"])
    throw new Error(
      "A token is missing: set SECRET_TOKEN, or SECRET_TOKEN_URL with SECRET_CLIENT_ID and SECRET_CLIENT_SECRET.",
    );
  const { SECRET_TOKEN_SCOPE: scope, SECRET_TOKEN_AUDIENCE: audience } = environment;
  return clientCredentials({
    tokenUrl: parseUrl(required("SECRET_TOKEN_URL", environment), "SECRET_TOKEN_URL"),
    clientId: required("SECRET_CLIENT_ID", environment),
    clientSecret: required("SECRET_CLIENT_SECRET", environment),
    ...(scope ? { scope } : {}),
    ...(audience ? { parameters: { audience } } : {}),
  });
}

function required(name: string, environment: Environment): string {
  const value = environment[name];
  if (!value) throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

/** A unique domain. */
function newDomain(): string {
  return `smoke-${randomUUID()}`;
}
