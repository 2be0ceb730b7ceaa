/** Starts and ends the whole local stack, in order. */

import { join, resolve } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { JsonText } from "../../lib/base/json-text.ts";
import { KmsKeyService } from "../../lib/crypto/kms-key-service.ts";
import { directPrincipal } from "../../lib/http/caller.ts";
import { sealVersion } from "../../lib/method/data-version.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { sampleData, sampleSecrets } from "../openapi/examples.ts";
import { createTables, readDeployment, toTableDefinitions } from "./deployment.ts";
import { startDynamoDb } from "./dynamodb.ts";
import {
  awsEnvironment,
  credentials,
  forgetEarlier,
  type StackDescription,
  takeFolder,
  writeDescription,
} from "./folder.ts";
import { startFunctions } from "./functions.ts";
import { audience, startIssuer } from "./issuer.ts";
import { type LocalKms, startKms } from "./kms/server.ts";
import { assertFree } from "./loopback.ts";
import { startReference } from "./reference/server.ts";

export interface StackOptions {
  /** The API's port; the other parts have the next ones. 0: free ports. */
  readonly port: number;
  /** Folder for everything that the stack stores, created if missing. */
  readonly dir: string;
  /** Deletes what an earlier stack stored there. */
  readonly fresh?: boolean;
  /** Keeps the rows only in memory. */
  readonly inMemory?: boolean;
  /** Called with the name of what is being started. */
  readonly report?: (what: string) => void;
  /** Parameters of serverless.yml to override, by name. */
  readonly parameters?: { readonly [name: string]: string };
}

export interface Stack {
  readonly description: StackDescription;
  readonly kms: LocalKms;
  /** Resolves to the name of a part that has ended by itself. */
  readonly broken: Promise<string>;
  close(): Promise<void>;
}

const region = "us-east-1";

/**
 * Starts the stack, and waits until every part answers. If a part does not start, the parts before it are ended.
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
  const { dir, inMemory = false, parameters = {}, report = () => undefined } = options;
  const portAt = (offset: number): number => (options.port === 0 ? 0 : options.port + offset);
  parts.defer(takeFolder(dir));
  await Promise.all([0, 1, 2, 3, 4, 5].map(async (offset) => await assertFree(portAt(offset))));
  forgetEarlier(dir, options);
  report("DynamoDB Local, the KMS and the token issuer");
  const [dynamodb, kms, issuer, deployment] = await together([
    begin(parts, startDynamoDb({ port: portAt(2), ...(!inMemory && { dir: join(dir, "dynamodb") }) })),
    begin(parts, startKms({ port: portAt(3), dir, region })),
    begin(parts, startIssuer({ port: portAt(4), dir })),
    readDeployment("local"),
  ]);
  const environment = {
    ...awsEnvironment({ region, dynamodb: dynamodb.url, kms: kms.url }),
    JWT_ISSUER: issuer.url,
    JWT_AUDIENCE: audience,
  };
  report("the tables and the functions");
  const [functions] = await together([
    begin(parts, startFunctions({ apiPort: portAt(0), lambdaPort: portAt(1), dir, environment, parameters })),
    makeTables(dynamodb.url, toTableDefinitions(deployment).tables),
  ]);
  const reference = await begin(parts, startReference({ port: portAt(5), api: functions.api, issuer: issuer.url }));
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

/** Registers a part, once it has started, to be ended with the others. */
async function begin<Part extends { close(): Promise<void> }>(
  parts: AsyncDisposableStack,
  starting: Promise<Part>,
): Promise<Part> {
  const part = await starting;
  parts.defer(part.close);
  return part;
}

/** Waits for all even if one fails: a part that is still starting could not be ended. */
async function together<Results extends readonly unknown[]>(
  work: {
    readonly [Index in keyof Results]: Promise<Results[Index]>;
  },
): Promise<Results> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as Results;
}

async function makeTables(endpoint: string, tables: Parameters<typeof createTables>[1]): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials });
  await createTables(client, tables);
  client.destroy();
}

/** Creates the sample secrets that are missing. */
export async function makeSamples(
  stack: Pick<StackDescription, "region" | "dynamodb" | "kms" | "tables" | "key_id">,
): Promise<void> {
  const { region, dynamodb, kms, tables, key_id } = stack;
  const database = new DynamoDBClient({ region, endpoint: dynamodb, credentials });
  const keyClient = new KMSClient({ region, endpoint: kms, credentials });
  const secrets = dynamodbSecretStore({ client: documentClient(database), tables });
  const keys = new KmsKeyService(keyClient, key_id);
  const now = new Date();
  const call = {
    principal: directPrincipal,
    now,
    remainingMs: () => Number.POSITIVE_INFINITY,
    noteName: () => undefined,
  };
  const data = new JsonText(JSON.stringify(sampleData));
  const makeSample = async (secret: Secret): Promise<void> => {
    const id = { domainId: secret.domain_id, secretId: secret.secret_id, version: 1, trustedSecretId: null };
    // Refused if the secret exists, which leaves it unchanged.
    await secrets.createSecret({
      secret,
      data: await sealVersion(id, data, call, keys),
      token: null,
      visibleProjects: null,
    });
  };
  await Promise.all(sampleSecrets(now.toISOString()).map(makeSample));
  database.destroy();
  keyClient.destroy();
}
