/**
 * Serverless plugin: adds alarms, dashboard and log metrics to the resources of serverless.yml, and retains the logs.
 */

import * as v from "valibot";
import { routeNames } from "../../lib/http/routes.ts";
import { alarmResources } from "./alarms.ts";
import { dashboardResources } from "./dashboard.ts";
import { hasHttpApi } from "./http-api.ts";
import { filterResources, logicalId, type Resources } from "./metrics.ts";
import { tableNamesSchema } from "./tables.ts";

interface Framework {
  /** The configuration with its variables resolved. */
  readonly service: {
    readonly custom: unknown;
    readonly resources: { Resources: Resources; extensions: Record<string, unknown> };
  };
}

/** A parameter from the command line is a string. */
const number = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.number());

const customSchema = v.object({
  watch: v.object({
    name: v.string(),
    tables: tableNamesSchema,
    keys: v.array(v.unknown()),
    alarms: v.object({ topic: v.unknown(), errors: number, latencyMs: number }),
  }),
});

class Watch {
  readonly hooks: { readonly [event: string]: () => void };

  constructor({ service }: Framework) {
    this.hooks = {
      initialize: () => {
        const watch = { ...v.parse(customSchema, service.custom).watch, hasHttpApi: hasHttpApi(service.custom) };
        keepLogs(service.resources.extensions, watch.hasHttpApi);
        Object.assign(
          service.resources.Resources,
          alarmResources(watch),
          filterResources(watch),
          dashboardResources(watch),
        );
      },
    };
  }
}

/** The logs, with their audit lines, outlive the stack as the tables do. */
function keepLogs(extensions: Record<string, unknown>, withHttpApi: boolean): void {
  for (const id of [...routeNames.map(logicalId), ...(withHttpApi ? ["HttpApi"] : [])]) {
    extensions[`${id}LogGroup`] = { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" };
  }
}

/** The result of `require`, as the framework expects it. */
export { Watch as "module.exports" };
