/** The deployment that a tool works on: the local stack, or a stage in the AWS account of the environment. */

import type { TableNames } from "../../lib/store/client.ts";
import { readDeployment } from "../local/deployment.ts";
import { awsEnvironment, findStack, type StackDescription } from "../local/folder.ts";

/** Options of the command line. */
export interface DeploymentChoice {
  readonly stage?: string | undefined;
  readonly "secrets-table"?: string | undefined;
  readonly "names-table"?: string | undefined;
  readonly "data-table"?: string | undefined;
  readonly "tokens-table"?: string | undefined;
  readonly "deleted-table"?: string | undefined;
}

export const deploymentOptions: { readonly [Option in keyof DeploymentChoice]-?: { readonly type: "string" } } = {
  stage: { type: "string" },
  "secrets-table": { type: "string" },
  "names-table": { type: "string" },
  "data-table": { type: "string" },
  "tokens-table": { type: "string" },
  "deleted-table": { type: "string" },
};

export const deploymentUsage = `  --stage name          the stage whose tables to work on (default: local, the stack of npm start)
  --secrets-table name  a table that has another name; also --names-table, --data-table, --tokens-table, --deleted-table

For a stage, set AWS_REGION and AWS credentials in the environment. The local stack needs neither.`;

export interface Deployment {
  readonly tables: TableNames;
  /** The KMS key that the stack creates. */
  readonly keyId: string;
  /** Variables from which AWS clients take endpoints and credentials; empty for a stage on AWS. */
  readonly environment: { readonly [name: string]: string };
}

/** @throws Error with a sentence for the user */
export async function findDeployment(choice: DeploymentChoice): Promise<Deployment> {
  const found = (choice.stage ?? "local") === "local" ? readLocalStack() : await readStage(choice.stage ?? "");
  const tables = {
    secrets: choice["secrets-table"] ?? found.tables.secrets,
    names: choice["names-table"] ?? found.tables.names,
    data: choice["data-table"] ?? found.tables.data,
    tokens: choice["tokens-table"] ?? found.tables.tokens,
    deleted: choice["deleted-table"] ?? found.tables.deleted,
  };
  return { ...found, tables };
}

async function readStage(stage: string): Promise<Deployment> {
  const { tables, service } = await readDeployment(stage);
  return { tables, keyId: `alias/${service}-${stage}`, environment: {} };
}

function readLocalStack(): Deployment {
  const { tables, key_id: keyId, ...stack } = getStack(process.env);
  return { tables, keyId, environment: awsEnvironment(stack) };
}

/** The description of the running local stack. @throws Error with a sentence for the user */
export function getStack({ LOCAL_DIR = ".local" }: { readonly [name: string]: string | undefined }): StackDescription {
  const stack = findStack(LOCAL_DIR);
  if (stack !== undefined) return stack;
  throw new Error(
    `No local stack is running in ${LOCAL_DIR}: start one with npm start, or name a deployed stage with --stage.`,
  );
}
