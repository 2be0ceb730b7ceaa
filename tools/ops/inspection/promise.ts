/** What serverless.yml promises about a stage. */

import { alarmNames } from "../../deploy/alarms.ts";
import { hasHttpApi } from "../../deploy/http-api.ts";
import { tableRoles } from "../../deploy/tables.ts";
import { readDeployment, toTableDefinitions } from "../../local/deployment.ts";
import type { DeploymentChoice } from "../deployment.ts";
import { UsageError } from "../tool.ts";
import type { StagePromise } from "./stage.ts";

interface Choice extends DeploymentChoice {
  readonly key?: string | undefined;
  readonly "log-retention-days"?: string | undefined;
  readonly "http-api"?: string | undefined;
}

/** @throws Error with a sentence for the user */
export async function promiseOf(choice: Choice): Promise<StagePromise> {
  const { stage } = choice;
  if (stage === undefined) throw new UsageError("--stage is missing, for example --stage prod.");
  const deployment = await readDeployment(stage);
  const definitions = toTableDefinitions(deployment).tables;
  const name = `${deployment.service}-${stage}`;
  const withHttpApi = hasHttpApi({ gateway: { httpApi: choice["http-api"] ?? deployment.parameters["httpApi"] } });
  const used = Object.fromEntries(
    tableRoles.map((role) => [role, choice[`${role}-table`] ?? deployment.tables[role]]),
  ) as Record<(typeof tableRoles)[number], string>;
  return {
    name,
    tables: tableRoles.map((role) => {
      const definition = definitions.find(({ create }) => create.TableName === deployment.tables[role]);
      return {
        name: used[role],
        indexes: (definition?.create.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => String(IndexName)),
        expiresBy: definition?.expiresBy,
      };
    }),
    key: choice.key ?? `alias/${name}`,
    logGroups: [
      ...Object.values(deployment.functions).map((one) => `/aws/lambda/${one}`),
      ...(withHttpApi ? [`/aws/http-api/${name}`] : []),
    ],
    logRetentionDays: daysOf(choice["log-retention-days"] ?? deployment.parameters["logRetentionDays"]),
    alarms: alarmNames({
      ...{ name, hasHttpApi: withHttpApi, tables: used, keys: [] },
      alarms: { topic: "", errors: 1, latencyMs: 1 },
    }),
  };
}

function daysOf(value: unknown): number {
  const days = Number(value);
  if (Number.isInteger(days) && days > 0) return days;
  throw new Error(`--log-retention-days must be a number of days, not "${value}".`);
}
