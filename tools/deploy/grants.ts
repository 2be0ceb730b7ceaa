/**
 * Plugin of the framework: what grants.json asks of the deployment. Checks it before anything is built, takes the scopes
 * off the routes where tokens need none, and gives the functions the aliases that grants name.
 */

import * as v from "valibot";
import { isObject } from "../../lib/base/json.ts";
import { type Route, routes } from "../../lib/http/routes.ts";
import { type Grants, noGrants } from "../../lib/secret/grants.ts";
import { aliasesFor, readGrants } from "./grants-file.ts";

interface Framework {
  /** Its own errors are told without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly service: unknown;
}

interface Authorizer {
  scopes?: unknown;
}

/** Parts of the configuration, with its variables resolved, that are read and changed here. */
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
        // The local gateway reads them here.
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

/** What `require` of this module gives. */
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

/** Tokens with a grant may have no scopes: the gateway only verifies them, and the function checks what they may do. */
function openRoutes(resources: Readonly<Record<string, unknown>>): void {
  for (const resource of Object.values(resources)) {
    const isRoute = Reflect.get(Object(resource), "Type") === "AWS::ApiGatewayV2::Route";
    const properties: unknown = Reflect.get(Object(resource), "Properties");
    if (isRoute && isObject(properties)) Reflect.deleteProperty(properties, "AuthorizationScopes");
  }
}

/** They follow the function itself: whoever may only invoke the alias gets its newest code, too. */
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

/** As the framework names a function's resources. */
function logicalName(route: Route): string {
  return `${route.charAt(0).toUpperCase()}${route.slice(1)}`.replaceAll("-", "Dash");
}

function isAuthorizer(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
