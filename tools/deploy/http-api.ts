/**
 * Serverless plugin: removes the HTTP API from a deployment whose callers are all in AWS (`httpApi=false`). Then only
 * IAM decides who invokes the functions, and no token issuer is needed.
 */

import * as v from "valibot";

interface Framework {
  readonly processedInput: { readonly commands: readonly string[] };
  /** The framework prints its own errors without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  /** When plugins are constructed, the parameters are resolved but not used yet. */
  readonly configurationInput: { readonly params: { readonly [stage: string]: Record<string, unknown> } };
  /** The configuration with its variables resolved. */
  readonly service: {
    readonly custom: unknown;
    readonly functions: { readonly [route: string]: { events: readonly object[] } };
    readonly resources: {
      readonly extensions: Record<string, unknown>;
      readonly Outputs: Record<string, unknown>;
    };
  };
}

/** Placeholder for the issuer in a template that is only packaged. A deployment with it is refused. */
export const standInIssuer = "https://issuer.example.com";

/** The values in serverless.yml if the environment variables are not set. */
const whereUnset = { jwtIssuer: standInIssuer, jwtAudience: "secret" };

/** A parameter from the command line is a string. */
const customSchema = v.object({ gateway: v.object({ httpApi: v.union([v.boolean(), v.string()]) }) });

class HttpApi {
  readonly hooks: { readonly [event: string]: () => void };

  constructor(framework: Framework) {
    for (const parameters of Object.values(framework.configurationInput.params)) fillEmpty(parameters);
    this.hooks = { initialize: () => prepare(framework) };
  }
}

/** The result of `require`, as the framework expects it. */
export { HttpApi as "module.exports" };

/**
 * Whether the deployment has an HTTP API, by `custom` of serverless.yml.
 * @throws Error with a sentence for the user
 */
export function hasHttpApi(custom: unknown): boolean {
  const { httpApi } = v.parse(customSchema, custom).gateway;
  if (!["true", "false"].includes(String(httpApi))) throw new Error(`httpApi must be true or false, not "${httpApi}".`);
  return String(httpApi) === "true";
}

/** Treats an empty variable as unset: the framework would only report an "unsupported string format". */
function fillEmpty(parameters: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(whereUnset)) if (parameters[name] === "") parameters[name] = value;
}

function prepare({ service, classes, processedInput }: Framework): void {
  try {
    if (hasHttpApi(service.custom)) return;
    if (processedInput.commands[0] === "offline")
      throw new Error("The local stack always has its HTTP API: leave out --param httpApi=false.");
    removeHttpApi(service);
  } catch (error) {
    throw new classes.Error(error instanceof Error ? error.message : String(error));
  }
}

/** Without HTTP events the framework creates no gateway, and refuses extensions of it. */
function removeHttpApi({ functions, resources }: Framework["service"]): void {
  for (const one of Object.values(functions)) one.events = [];
  for (const id of Object.keys(resources.extensions)) if (id.startsWith("HttpApi")) delete resources.extensions[id];
  delete resources.Outputs["ApiUrl"];
}
