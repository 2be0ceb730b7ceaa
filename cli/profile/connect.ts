/** From a profile to a client of the service. AWS's clients are loaded only by those that need one. */

import type { KMSClientConfig } from "@aws-sdk/client-kms";
import { clientCredentials } from "../../client/client-credentials.ts";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretClient } from "../../client/secret-client.ts";
import type { Transport } from "../../client/transport.ts";
import type { Unwrap } from "../../client/unseal.ts";
import { CliError } from "../failure.ts";
import type { Environment } from "./configuration.ts";
import { allScopes, localClient, localCredentials, readStack, sampleDomain, stackPath } from "./local-stack.ts";
import type { HttpProfile, LambdaProfile, LocalProfile, Profile } from "./profile.ts";
import { tokenSource } from "./token.ts";

/** A client, and the domain that each request must name: the profile's, the caller's, or none where the token has it. */
export interface Connection {
  readonly client: SecretClient;
  readonly domainId: string | undefined;
}

interface Wired extends Omit<Connection, "client"> {
  readonly transport: Transport;
  readonly kms: KMSClientConfig;
}

/** @throws CliError */
export async function connect(
  profile: Profile,
  domain: string | undefined,
  environment: Environment,
): Promise<Connection> {
  const { transport, domainId, kms } = await wire(profile, domain ?? profile.domain, environment);
  return { client: new SecretClient(transport, { unwrap: unwrapper(kms, profile.kmsKey) }), domainId };
}

async function wire(profile: Profile, domain: string | undefined, environment: Environment): Promise<Wired> {
  switch (profile.kind) {
    case "local":
      return wireLocal(profile, domain, environment);
    case "http":
      return wireHttp(profile, domain, environment);
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

function wireHttp(profile: HttpProfile, domain: string | undefined, environment: Environment): Wired {
  return {
    transport: httpTransport({ url: profile.url, token: tokenSource(profile, environment) }),
    domainId: domain,
    kms: { ...(profile.region && { region: profile.region }) },
  };
}

async function wireLambda({ region, functions }: LambdaProfile, domain: string | undefined): Promise<Wired> {
  if (domain === undefined) {
    throw new CliError("Functions that are invoked need a domain: --domain, or domain in the profile.");
  }
  const [{ LambdaClient }, { lambdaTransport }] = await load("@aws-sdk/client-lambda", async () => [
    await import("@aws-sdk/client-lambda"),
    await import("../../client/lambda-transport.ts"),
  ]);
  const config = { ...(region && { region }) };
  const client = new LambdaClient({ ...config, maxAttempts: 1 });
  return { transport: lambdaTransport({ client, functions }), domainId: domain, kms: config };
}

/** Opens sealed data with KMS, once some comes. */
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
    await import("../../client/kms-unwrap.ts"),
  ]);
  return kmsUnwrap(new KMSClient(config), keyId);
}

async function load<Loaded>(name: string, loader: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await loader();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new CliError(`This needs ${name}: install it beside the command line.`, "usage", "ERROR_CONFIGURATION");
  }
}
