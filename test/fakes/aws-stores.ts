/**
 * Fakes of Secrets Manager and Parameter Store for AWS's real clients: the operations that an import uses, as in their
 * API references, with paging, filters, and errors of single values.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../../tools/local/loopback.ts";

export interface FakeValue {
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly description?: string;
  readonly tags?: { readonly [key: string]: string };
  /** The name of the error when it is read. */
  readonly error?: string;
}

export type FakeValues = { readonly [name: string]: FakeValue };

export interface RunningStore {
  readonly endpoint: string;
  readonly operations: readonly string[];
  readonly close: () => void;
}

interface Page {
  readonly NextToken?: string;
  readonly MaxResults?: number;
}

interface SecretFilter {
  readonly Key: "name" | "tag-key" | "tag-value";
  readonly Values: readonly string[];
}

interface ParameterFilter {
  readonly Key: string;
  readonly Values?: readonly string[];
}

class AwsError extends Error {}

type Operations = { readonly [name: string]: (input: never) => object };

export async function startSecretsManager(secrets: FakeValues): Promise<RunningStore> {
  const matches = (name: string, { Key, Values }: SecretFilter): boolean => {
    const tags = Object.entries(secrets[name]?.tags ?? {});
    // By the API reference, a filter by name ignores case.
    if (Key === "name") return Values.some((value) => name.toLowerCase().startsWith(value.toLowerCase()));
    return Values.some((value) => tags.some(([key, text]) => (Key === "tag-key" ? key : text) === value));
  };
  return await start({
    "secretsmanager.ListSecrets": ({
      Filters = [],
      ...page
    }: Page & { readonly Filters?: readonly SecretFilter[] }) => {
      const names = Object.keys(secrets).filter((name) => Filters.every((filter) => matches(name, filter)));
      const { items, NextToken } = cut(names, page, 2);
      return {
        SecretList: items.map((name) => ({
          Name: name,
          ARN: `arn:${name}`,
          Description: secrets[name]?.description,
          Tags: tagsOf(secrets[name]),
        })),
        NextToken,
      };
    },
    "secretsmanager.GetSecretValue": ({ SecretId }: { readonly SecretId: string }) => {
      const { text, bytes, error } = secrets[SecretId.slice("arn:".length)] ?? { error: "ResourceNotFoundException" };
      if (error !== undefined) throw new AwsError(error);
      return { SecretString: text, SecretBinary: bytes && Buffer.from(bytes).toString("base64") };
    },
  });
}

export async function startParameterStore(parameters: FakeValues): Promise<RunningStore> {
  const matches = (name: string, { Key, Values = [] }: ParameterFilter): boolean => {
    if (Key === "Name") return Values.some((value) => name.startsWith(value));
    const tag = parameters[name]?.tags?.[Key.slice("tag:".length)];
    return tag !== undefined && (Values.length === 0 || Values.includes(tag));
  };
  return await start({
    "AmazonSSM.DescribeParameters": ({
      ParameterFilters = [],
      ...page
    }: Page & { readonly ParameterFilters?: readonly ParameterFilter[] }) => {
      const names = Object.keys(parameters).filter((name) => ParameterFilters.every((filter) => matches(name, filter)));
      const { items, NextToken } = cut(names, page, 2);
      return {
        Parameters: items.map((name) => ({ Name: name, Description: parameters[name]?.description })),
        NextToken,
      };
    },
    "AmazonSSM.GetParameters": ({
      Names,
      WithDecryption,
    }: {
      readonly Names: readonly string[];
      readonly WithDecryption?: boolean;
    }) => {
      const given = Names.filter((name) => parameters[name]?.text !== undefined);
      const value = (name: string) => (WithDecryption ? parameters[name]?.text : "still encrypted");
      return {
        Parameters: given.map((name) => ({ Name: name, Value: value(name) })),
        InvalidParameters: Names.filter((name) => !given.includes(name)),
      };
    },
    "AmazonSSM.ListTagsForResource": ({ ResourceId }: { readonly ResourceId: string }) => {
      const { error } = parameters[ResourceId] ?? {};
      if (error !== undefined) throw new AwsError(error);
      return { TagList: tagsOf(parameters[ResourceId]) };
    },
  });
}

async function start(operations: Operations): Promise<RunningStore> {
  const asked: string[] = [];
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = String(request.headers["x-amz-target"]);
    asked.push(target.replace(/^.*\./, ""));
    const answer = answerTo(operations[target], await readJson(request));
    response
      .writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" })
      .end(JSON.stringify(answer.body));
  };
  const server = createServer((request, response) => {
    reply(request, response).catch((error: Error) => response.destroy(error));
  });
  const endpoint = await listen(server, 0);
  return { endpoint, operations: asked, close: () => server.close() };
}

function answerTo(
  operation: Operations[string] | undefined,
  input: unknown,
): { readonly status: number; readonly body: object } {
  try {
    return { status: 200, body: operation?.(input as never) ?? {} };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { status: 400, body: { __type: error.message, message: "refused" } };
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Pages may be smaller than requested, and here they are. */
function cut(
  names: readonly string[],
  { NextToken = "0" }: Page,
  size: number,
): { readonly items: readonly string[]; readonly NextToken?: string } {
  const end = Number(NextToken) + size;
  return { items: names.slice(Number(NextToken), end), ...(end < names.length && { NextToken: String(end) }) };
}

function tagsOf({ tags = {} }: FakeValue = {}): readonly object[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
