/** The whole local stack: started in order, described in one object, ended in order. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { readDeployment } from "./deployment.ts";
import { startDynamoDb } from "./dynamodb.ts";
import { awsEnvironment, credentials } from "./environment.ts";
import { startFunctions } from "./functions.ts";
import { audience, startIssuer } from "./issuer.ts";
import { type LocalKms, startKms } from "./kms/server.ts";
import { assertFree } from "./listen.ts";
import { lockFolder } from "./lock.ts";
import { startReference } from "./reference.ts";
import { makeSamples } from "./samples.ts";
import type { StackDescription } from "./stack-description.ts";
import { createTables, toTableDefinitions } from "./tables.ts";

export interface StackOptions {
  /** The API's port, which those of the other parts follow; 0 for free ones. */
  readonly port: number;
  /** Folder of all that the stack keeps; made where missing. */
  readonly dir: string;
  /** Forgets what an earlier stack kept there. */
  readonly fresh?: boolean;
  /** Keeps the rows in memory only. */
  readonly inMemory?: boolean;
  /** Parameters of serverless.yml to set otherwise, by name. */
  readonly parameters?: { readonly [name: string]: string };
}

export interface Stack {
  readonly description: StackDescription;
  readonly kms: LocalKms;
  /** Settles when a part has ended by itself, with its name. */
  readonly broken: Promise<string>;
  close(): Promise<void>;
}

const region = "us-east-1";
const keptFiles = ["dynamodb", "kms-keys.json", "issuer-key.json"];

/**
 * Starts it and waits until every part answers; when one does not start, those before it are ended.
 * @throws PortTakenError
 * @throws Error with a sentence for the user
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const parts = new AsyncDisposableStack();
  try {
    return await startParts({ ...options, dir: resolve(options.dir) }, parts);
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

async function startParts(options: StackOptions, parts: AsyncDisposableStack): Promise<Stack> {
  const { dir, inMemory = false, parameters = {} } = options;
  const portAt = (offset: number): number => (options.port === 0 ? 0 : options.port + offset);
  await Promise.all([0, 1, 2, 3, 4, 5].map(async (offset) => await assertFree(portAt(offset))));
  prepareFolder(options, parts);
  const dynamodb = await startDynamoDb({ port: portAt(2), ...(!inMemory && { dir: join(dir, "dynamodb") }) });
  parts.defer(dynamodb.close);
  const kms = await startKms({ port: portAt(3), dir, region });
  parts.defer(kms.close);
  const issuer = await startIssuer({ port: portAt(4), dir });
  parts.defer(issuer.close);
  const deployment = await readDeployment("local");
  await makeTables(dynamodb.url, toTableDefinitions(deployment).tables);
  const environment = {
    ...awsEnvironment({ region, dynamodb: dynamodb.url, kms: kms.url }),
    JWT_ISSUER: issuer.url,
    JWT_AUDIENCE: audience,
  };
  const functions = await startFunctions({ apiPort: portAt(0), lambdaPort: portAt(1), dir, environment, parameters });
  parts.defer(functions.close);
  const reference = await startReference({ port: portAt(5), api: functions.api, issuer: issuer.url });
  parts.defer(reference.close);
  const description: StackDescription = {
    ...{ api: functions.api, lambda: functions.lambda, dynamodb: dynamodb.url, kms: kms.url, issuer: issuer.url },
    ...{
      reference: reference.url,
      region,
      tables: deployment.tables,
      key_id: kms.keyId,
      functions: deployment.functions,
    },
  };
  await makeSamples(description);
  writeDescription(dir, description);
  const broken = Promise.race([
    dynamodb.ended.then(() => "DynamoDB Local"),
    functions.ended.then(() => "serverless-offline"),
  ]);
  return { description, kms, broken, close: async () => await parts.disposeAsync() };
}

function prepareFolder({ dir, fresh = false }: StackOptions, parts: AsyncDisposableStack): void {
  mkdirSync(dir, { recursive: true });
  parts.defer(lockFolder(dir));
  const forgotten = fresh ? ["stack.json", ...keptFiles] : ["stack.json"];
  for (const name of forgotten) {
    rmSync(join(dir, name), { recursive: true, force: true });
  }
  parts.defer(() => rmSync(join(dir, "stack.json"), { force: true }));
}

async function makeTables(endpoint: string, tables: Parameters<typeof createTables>[1]): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials });
  await createTables(client, tables);
  client.destroy();
}

/** Complete or not there at all: others wait for it. */
function writeDescription(dir: string, description: StackDescription): void {
  const draft = join(dir, "stack.json.tmp");
  writeFileSync(draft, JSON.stringify(description, null, 2));
  renameSync(draft, join(dir, "stack.json"));
}
