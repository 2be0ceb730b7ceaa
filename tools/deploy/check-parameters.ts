/** Serverless plugin: ends `serverless deploy` before anything is deployed, if parameters cannot work. */

import * as v from "valibot";
import {
  dataVersionsKept,
  deletedKeptDays,
  flag,
  optionalUrl,
  providerBySchema,
  wholeNumber,
} from "../../lib/wiring/environment.ts";
import { parseCorsOrigins, parseReservedConcurrency, parseRouteThrottles } from "./gateway.ts";
import { standInIssuer } from "./http-api.ts";
import { askIssuer } from "./issuer.ts";

interface Framework {
  readonly processedInput: { readonly commands: readonly string[] };
  /** The framework prints its own errors without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  /** The configuration with its variables resolved. */
  readonly service: unknown;
}

/** The checked parts of the configuration. Values that CloudFormation resolves are not checked. */
const serviceSchema = v.object({
  provider: v.object({
    httpApi: v.object({ authorizers: v.object({ jwt: v.object({ issuerUrl: v.string() }) }) }),
  }),
  custom: v.object({
    watch: v.object({ keys: v.array(v.unknown()) }),
    gateway: v.object({ routeThrottles: v.string(), reservedConcurrency: v.string(), corsOrigins: v.string() }),
  }),
  functions: v.record(v.string(), v.object({ environment: v.optional(v.record(v.string(), v.unknown()), {}) })),
  resources: v.object({
    extensions: v.object({
      HttpApiAuthorizerJwt: v.optional(
        v.object({
          Properties: v.object({
            JwtConfiguration: v.object({ Audience: v.object({ "Fn::Split": v.array(v.string()) }) }),
          }),
        }),
      ),
    }),
  }),
});

/** Stricter than a URL parser, which drops whitespace: the "iss" of tokens is compared as a string. */
const issuerPattern = /^https:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/i;

/** The third argument that the framework passes to a plugin. */
interface Utilities {
  readonly log: { readonly warning: (sentence: string) => void };
}

class CheckParameters {
  readonly hooks: { readonly [event: string]: () => Promise<void> };

  constructor(framework: Framework, _: unknown, { log }: Utilities) {
    this.hooks = { initialize: async () => await check(framework, log) };
  }
}

/** The result of `require`, as the framework expects it. */
export { CheckParameters as "module.exports" };

async function check(framework: Framework, log: Utilities["log"]): Promise<void> {
  if (framework.processedInput.commands.join(" ") !== "deploy") return;
  const { provider, custom, functions, resources } = v.parse(serviceSchema, framework.service);
  const jwt = resources.extensions.HttpApiAuthorizerJwt?.Properties.JwtConfiguration;
  const complaints = [
    ...(jwt === undefined ? [] : [issuerFault(provider.httpApi.authorizers.jwt.issuerUrl)]),
    ...(jwt === undefined ? [] : [audienceFault(jwt.Audience["Fn::Split"].at(-1) ?? "")]),
    ...custom.watch.keys.map(keyFault),
    ...gatewayFaults(custom.gateway),
    ...Object.values(functions).flatMap(({ environment }) => environmentFaults(environment)),
  ];
  const told = new Set(complaints.filter((complaint) => complaint !== null));
  if (jwt !== undefined && told.size === 0) {
    const { fault, warnings } = await askIssuer(provider.httpApi.authorizers.jwt.issuerUrl);
    warnings.forEach(log.warning);
    if (fault !== null) told.add(fault);
  }
  if (told.size > 0) throw new framework.classes.Error(`Nothing was deployed.\n${[...told].join("\n")}`);
}

function issuerFault(issuer: string): string | null {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (url?.origin === standInIssuer) {
    return "The tokens' issuer is missing: set JWT_ISSUER=https://… or --param jwtIssuer=https://… (docs/deploy.md, step 2), or --param httpApi=false if all callers are in AWS.";
  }
  if (url !== null && issuerPattern.test(issuer)) return null;
  return `The tokens' issuer (jwtIssuer) must be an https URL, exactly as in their "iss": without whitespace, user, query or fragment.`;
}

function audienceFault(audience: string): string | null {
  if (audience.split(",").every((one) => /^\S+$/.test(one))) return null;
  return "The tokens' audience (jwtAudience, JWT_AUDIENCE) must be one or more strings separated by commas, without whitespace.";
}

/** The roles name the key by its ARN. With an alias or an id, the functions would have no right to it. */
function keyFault(key: unknown): string | null {
  if (typeof key !== "string" || /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(key)) return null;
  return "The key (kmsKeyId) must be the ARN of a key: arn:aws:kms:<region>:<account>:key/<id>.";
}

function gatewayFaults({
  routeThrottles,
  reservedConcurrency,
  corsOrigins,
}: {
  readonly [Name in "routeThrottles" | "reservedConcurrency" | "corsOrigins"]: string;
}): readonly string[] {
  return [
    ...faultsOf(() => parseRouteThrottles(routeThrottles)),
    ...faultsOf(() => parseReservedConcurrency(reservedConcurrency)),
    ...faultsOf(() => parseCorsOrigins(corsOrigins)),
  ];
}

function faultsOf(parse: () => unknown): readonly string[] {
  try {
    parse();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** The parsers that the functions use at their start, by variable. */
const readers: { readonly [variable: string]: () => unknown } = {
  DATA_VERSIONS_KEPT: dataVersionsKept,
  DELETED_KEPT_DAYS: deletedKeptDays,
  DATA_KEY_CACHE_SECONDS: () => wholeNumber("DATA_KEY_CACHE_SECONDS", { min: 0, max: 3600, unset: 300 }),
  SEALED_ONLY: () => flag("SEALED_ONLY"),
  PROJECTS_CLAIM_REQUIRED: () => flag("PROJECTS_CLAIM_REQUIRED"),
  TRUST_CLAIMS: () => flag("TRUST_CLAIMS", true),
  IDENTITY_URL: () => optionalUrl("IDENTITY_URL"),
  PROVIDER_BY_SCHEMA: providerBySchema,
};

function environmentFaults(environment: { readonly [name: string]: unknown }): readonly string[] {
  return Object.entries(readers).flatMap(([name, read]) => {
    const value = environment[name];
    if (value === undefined || typeof value === "object") return [];
    process.env[name] = String(value);
    try {
      read();
      return [];
    } catch (error) {
      return [`The functions would not start: ${error instanceof Error ? error.message : String(error)}.`];
    } finally {
      delete process.env[name];
    }
  });
}
