/** What serverless.yml says that the local stack needs as well: there is no second declaration of it. */

import { createRequire } from "node:module";
import { join } from "node:path";
import * as v from "valibot";

/** Role of a table → its name. */
export interface TableNames {
  readonly secrets: string;
  readonly names: string;
  readonly data: string;
  readonly tokens: string;
}

export interface Deployment {
  readonly tables: TableNames;
  /** Route → name of the function. */
  readonly functions: { readonly [route: string]: string };
  /** The CloudFormation resources by logical id, as they are written. */
  readonly resources: { readonly [id: string]: { readonly Type: string; readonly Properties: unknown } };
}

const configurationSchema = v.object({
  service: v.string(),
  custom: v.object({
    tables: v.object({ secrets: v.string(), names: v.string(), data: v.string(), tokens: v.string() }),
  }),
  functions: v.record(v.string(), v.unknown()),
  resources: v.object({ Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.unknown() })) }),
});

/** The framework's own reader: YAML with CloudFormation's tags, the variables unresolved. */
const readConfiguration = createRequire(import.meta.url)("serverless/lib/configuration/read") as (
  path: string,
) => Promise<unknown>;

/** Reads it for a stage; of the variables, those that names are made of are resolved. */
export async function readDeployment(stage: string): Promise<Deployment> {
  const raw = await readConfiguration(join(import.meta.dirname, "../../serverless.yml"));
  const { service, custom } = v.parse(configurationSchema, raw);
  const resolved = JSON.stringify(raw)
    .replace(/\$\{self:custom\.tables\.(\w+)\}/g, (_, role: keyof TableNames) => custom.tables[role])
    .replace(/\$\{self:service\}/g, service)
    .replace(/\$\{sls:stage\}/g, stage);
  const { custom: named, functions, resources } = v.parse(configurationSchema, JSON.parse(resolved));
  return {
    tables: named.tables,
    functions: Object.fromEntries(Object.keys(functions).map((route) => [route, `${service}-${stage}-${route}`])),
    resources: resources.Resources,
  };
}
