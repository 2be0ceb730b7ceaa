/** Plugin of the framework: adds the alarms, the dashboard and the metrics made of logs to the resources of serverless.yml. */

import * as v from "valibot";
import { alarmResources, type Resources } from "./alarms.ts";
import { dashboardResources } from "./dashboard.ts";

interface Framework {
  /** The configuration with its variables resolved. */
  readonly service: { readonly custom: unknown; readonly resources: { Resources: Resources } };
}

/** A parameter that the command line gives is text. */
const number = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.number());

const customSchema = v.object({
  watch: v.object({
    name: v.string(),
    tables: v.object({ secrets: v.string(), names: v.string(), data: v.string(), tokens: v.string() }),
    keys: v.array(v.unknown()),
    alarms: v.object({ topic: v.unknown(), errors: number, latencyMs: number }),
  }),
});

class Watch {
  readonly hooks: { readonly [event: string]: () => void };

  constructor({ service }: Framework) {
    this.hooks = {
      initialize: () => {
        const { watch } = v.parse(customSchema, service.custom);
        Object.assign(service.resources.Resources, alarmResources(watch), dashboardResources(watch));
      },
    };
  }
}

/** What `require` of this module gives. */
export { Watch as "module.exports" };
