/** Reads AWS Secrets Manager and Parameter Store with AWS's clients, which are loaded only here. */

import type { ListSecretsCommandInput, SecretListEntry } from "@aws-sdk/client-secrets-manager";
import type { ParameterMetadata, ParameterStringFilter, SSMClient } from "@aws-sdk/client-ssm";
import { inOrder } from "../../lib/base/async.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { JsonTextError } from "../../lib/base/json-text.ts";
import { load } from "../connection.ts";
import { CliError } from "../failure.ts";
import type { Io } from "../io.ts";
import { type Found, toDataText } from "./entry.ts";

export interface AwsOptions {
  /** The beginning of the names to read; "" reads all. */
  readonly from: string;
  /** `key=value`, or only a key. All must match. */
  readonly sourceTag?: readonly string[] | undefined;
  readonly region?: string | undefined;
  readonly parallel: number;
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Tags that AWS sets itself, for example for CloudFormation. They mean nothing in another store. */
const ownPrefix = "aws:";

/** AWS's limit on the names of one GetParameters. */
const parametersAtOnce = 10;

/** AWS throttles at some tens of requests a second, so its clients need many retries. */
const patience = { maxAttempts: 10 };

/** AWS does not list secrets whose deletion is scheduled. */
export async function* secretsManagerSource(_io: Io, options: AwsOptions): AsyncGenerator<Found> {
  const sdk = await load(
    "@aws-sdk/client-secrets-manager",
    async () => await import("@aws-sdk/client-secrets-manager"),
  );
  const client = new sdk.SecretsManagerClient({ ...patience, ...(options.region && { region: options.region }) });
  const Filters = toSecretFilters(options);
  const listed: SecretListEntry[] = [];
  for (let NextToken: string | undefined; ; ) {
    const input: ListSecretsCommandInput = { Filters, MaxResults: 100, ...(NextToken !== undefined && { NextToken }) };
    const page = await listing(client.send(new sdk.ListSecretsCommand(input)));
    // Filtered again, because AWS's filters by name ignore case and match words.
    listed.push(...(page.SecretList ?? []).filter((secret) => isWanted(secret.Name, secret.Tags, options)));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  const tasks = listed.map((secret) => async () => {
    const read = async () => await client.send(new sdk.GetSecretValueCommand({ SecretId: secret.ARN }));
    return await readSecret(secret, read);
  });
  yield* inOrder(tasks, options.parallel, {});
}

interface Value {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

async function readSecret(
  { Name: path = "", Description, Tags }: SecretListEntry,
  read: () => Promise<Value>,
): Promise<Found> {
  try {
    const { SecretString, SecretBinary } = await read();
    const dataText = SecretBinary === undefined ? toDataText(SecretString ?? "") : toBinary(SecretBinary);
    return { kind: "entry", path, dataText, ...toTags(Tags, Description) };
  } catch (error) {
    return { kind: "refused", path, reason: refusalOf(error) };
  }
}

export async function* parameterStoreSource(_io: Io, options: AwsOptions): AsyncGenerator<Found> {
  const sdk = await load("@aws-sdk/client-ssm", async () => await import("@aws-sdk/client-ssm"));
  const client = new sdk.SSMClient({ ...patience, ...(options.region && { region: options.region }) });
  const ParameterFilters = toParameterFilters(options);
  const listed: ParameterMetadata[] = [];
  for (let NextToken: string | undefined; ; ) {
    const input = { ParameterFilters, MaxResults: 50, ...(NextToken !== undefined && { NextToken }) };
    const page = await listing(client.send(new sdk.DescribeParametersCommand(input)));
    listed.push(...(page.Parameters ?? []));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  const groups = Array.from({ length: Math.ceil(listed.length / parametersAtOnce) }, (_, index) =>
    listed.slice(index * parametersAtOnce, (index + 1) * parametersAtOnce),
  );
  const tasks = groups.map((group) => async () => await readParameters(group, client, sdk));
  for await (const found of inOrder(tasks, options.parallel, {})) yield* found;
}

async function readParameters(
  group: readonly ParameterMetadata[],
  client: SSMClient,
  sdk: typeof import("@aws-sdk/client-ssm"),
): Promise<readonly Found[]> {
  const names = group.map(({ Name }) => Name ?? "");
  const { Parameters = [] } = await client.send(new sdk.GetParametersCommand({ Names: names, WithDecryption: true }));
  const values = new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
  return await Promise.all(
    group.map(async ({ Name: path = "", Description }): Promise<Found> => {
      const value = values.get(path);
      if (value === undefined)
        return { kind: "refused", path, reason: "was deleted, or AWS refuses to return its value" };
      try {
        const command = new sdk.ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: path });
        const { TagList } = await client.send(command);
        return { kind: "entry", path, dataText: toDataText(value), ...toTags(TagList, Description) };
      } catch (error) {
        return { kind: "refused", path, reason: refusalOf(error) };
      }
    }),
  );
}

function toBinary(bytes: Uint8Array): string {
  return JSON.stringify({ value_base64: Buffer.from(bytes).toString("base64") });
}

/** The tags, and the description as the tag `description`, unless there is a tag of that name. */
function toTags(tags: readonly Tag[] = [], description: string | undefined): { readonly tags?: JsonObject } {
  const own = tags.filter(({ Key = "" }) => Key !== "" && !Key.startsWith(ownPrefix));
  const all = new Map(own.map(({ Key = "", Value = "" }) => [Key, Value]));
  if (description && !all.has("description")) all.set("description", description);
  return all.size === 0 ? {} : { tags: Object.fromEntries(all) };
}

function toSecretFilters({ from, sourceTag = [] }: AwsOptions): NonNullable<ListSecretsCommandInput["Filters"]> {
  const tags = sourceTag.map(splitTag);
  return [
    ...(from === "" ? [] : [{ Key: "name" as const, Values: [from] }]),
    ...tags.map(({ key }) => ({ Key: "tag-key" as const, Values: [key] })),
    ...tags.flatMap(({ value }) => (value === undefined ? [] : [{ Key: "tag-value" as const, Values: [value] }])),
  ];
}

function toParameterFilters({ from, sourceTag = [] }: AwsOptions): ParameterStringFilter[] {
  return [
    ...(from === "" ? [] : [{ Key: "Name", Option: "BeginsWith", Values: [from] }]),
    ...sourceTag.map(splitTag).map(({ key, value }) => ({
      Key: `tag:${key}`,
      ...(value !== undefined && { Option: "Equals", Values: [value] }),
    })),
  ];
}

/** AWS's filters by tag keys and by tag values do not relate a value to its key. */
function isWanted(name = "", tags: readonly Tag[] = [], { from, sourceTag = [] }: AwsOptions): boolean {
  const values = new Map(tags.map(({ Key, Value }) => [Key, Value]));
  const hasTags = sourceTag
    .map(splitTag)
    .every(({ key, value }) => values.has(key) && (value === undefined || values.get(key) === value));
  return name.startsWith(from) && hasTags;
}

function splitTag(term: string): { readonly key: string; readonly value: string | undefined } {
  const [, key = "", value] = /^([^=]+)(?:=(.*))?$/s.exec(term) ?? [];
  if (key === "") throw new CliError(`--source-tag takes key=value or a key, not "${term}".`);
  return { key, value };
}

/** @throws CliError if the caller may not list at all */
async function listing<Page>(answer: Promise<Page>): Promise<Page> {
  try {
    return await answer;
  } catch (error) {
    if ((error as Error).name !== "AccessDeniedException") throw error;
    throw new CliError(
      "AWS does not allow these credentials to list secrets or parameters (AccessDeniedException).",
      "denied",
      "ERROR_PERMISSION_DENIED",
    );
  }
}

/** The reason why one secret cannot be read. @throws the error if it would affect all secrets */
function refusalOf(error: unknown): string {
  if (error instanceof JsonTextError) return `its value ${error.message}`;
  const { name } = error as Error;
  if (ofOne.has(name)) return `AWS refuses to return it (${name})`;
  throw error;
}

const ofOne: ReadonlySet<string> = new Set([
  "AccessDeniedException",
  "DecryptionFailure",
  "InvalidRequestException",
  "ResourceNotFoundException",
  "InvalidResourceId",
]);
