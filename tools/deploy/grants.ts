/**
 * Serverless plugin for grants.json. It checks the file before anything is built, removes the scopes from the routes if
 * tokens need none, and makes the functions' aliases that grants name.
 */

import * as v from "valibot";
import { isObject } from "../../lib/base/json.ts";
import { type Route, routes } from "../../lib/http/routes.ts";
import { type Grants, noGrants } from "../../lib/secret/grants.ts";
import { aliasesFor, readGrants } from "./grants-file.ts";

interface Framework {
  /** The framework prints its own errors without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly service: unknown;
}

interface Authorizer {
  scopes?: unknown;
}

/** The parts of the resolved configuration that are read and changed here. */
const serviceSchema = v.object({
  provider: v.object({
    environment: v.object({ SCOPE_CLAIM: v.string() }),
    httpApi: v.object({ authorizers: v.object({ jwt: v.object({ issuerUrl: v.string() }) }) }),
  }),
  functions: v.record(
    v.string(),
    v.object({ events: v.array(v.object({ httpApi: v.object({ authorizer: v.custom<Authorizer>(isAuthorizer) }) })) }),
  ),
});

const templateSchema = v.object({
  provider: v.object({
    compiledCloudFormationTemplate: v.object({
      Resources: v.custom<Record<string, unknown>>((value) => typeof value === "object" && value !== null),
    }),
  }),
});

class GrantsPlugin {
  readonly hooks: { readonly [event: string]: () => void };

  constructor(framework: Framework) {
    let grants = noGrants;
    let checksAlone = false;
    this.hooks = {
      initialize: () => {
        const { provider, functions } = v.parse(serviceSchema, framework.service);
        grants = read(framework, provider.httpApi.authorizers.jwt.issuerUrl);
        checksAlone = grants.byClaims.length > 0 || provider.environment.SCOPE_CLAIM !== "";
        // The local gateway reads the scopes from the events.
        if (checksAlone) for (const { events } of Object.values(functions)) events.forEach(openEvent);
      },
      "after:package:compileEvents": () => {
        const { provider } = v.parse(templateSchema, framework.service);
        const { Resources } = provider.compiledCloudFormationTemplate;
        if (checksAlone) openRoutes(Resources);
        Object.assign(Resources, aliasResources(grants));
      },
    };
  }
}

/** The result of `require`, as the framework expects it. */
export { GrantsPlugin as "module.exports" };

/** @throws the framework's Error with a sentence that names the entry */
function read(framework: Framework, issuer: string): Grants {
  try {
    return readGrants(issuer);
  } catch (error) {
    throw new framework.classes.Error(error instanceof Error ? error.message : String(error));
  }
}

function openEvent({ httpApi }: { readonly httpApi: { readonly authorizer: Authorizer } }): void {
  delete httpApi.authorizer.scopes;
}

/** Tokens with a grant need no scopes. So the gateway only verifies tokens, and the function checks the scopes. */
function openRoutes(resources: Readonly<Record<string, unknown>>): void {
  for (const resource of Object.values(resources)) {
    const isRoute = Reflect.get(Object(resource), "Type") === "AWS::ApiGatewayV2::Route";
    const properties: unknown = Reflect.get(Object(resource), "Properties");
    if (isRoute && isObject(properties)) Reflect.deleteProperty(properties, "AuthorizationScopes");
  }
}

/** Aliases point to `$LATEST`, so that their callers always get the newest code. */
function aliasResources(grants: Grants): Readonly<Record<string, object>> {
  const resources: Record<string, object> = {};
  for (const [route, { scope }] of Object.entries(routes) as [Route, { readonly scope: string }][]) {
    const functionId = `${logicalName(route)}LambdaFunction`;
    for (const { alias } of aliasesFor(grants, scope)) {
      const name = Buffer.from(alias).toString("hex");
      resources[`${logicalName(route)}Alias${name}`] = {
        Type: "AWS::Lambda::Alias",
        Properties: { FunctionName: { Ref: functionId }, FunctionVersion: "$LATEST", Name: alias },
      };
    }
  }
  return resources;
}

/** The name that the framework gives a function's resources. */
function logicalName(route: Route): string {
  return `${route.charAt(0).toUpperCase()}${route.slice(1)}`.replaceAll("-", "Dash");
}

function isAuthorizer(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
