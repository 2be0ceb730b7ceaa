/**
 * An endpoint for both DynamoDB and KMS that returns prepared answers at once, to measure the caller's own work. It
 * runs in another process than the caller.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { close, listen } from "../../local/loopback.ts";
import { type Attributes, fromAttributes } from "./attribute-values.ts";

/** A request as received, in AWS's JSON. */
export interface Recorded {
  /** `Query`, `Decrypt`, … */
  readonly operation: string;
  readonly input: { readonly [member: string]: unknown };
}

/** Answers by operation, or by operation and table: `GetItem secrets`. */
export interface Answers {
  readonly [request: string]: object;
}

export class StubEndpoint {
  /** The requests since the list was last emptied; recorded only while `isRecording`. */
  readonly requests: Recorded[] = [];
  isRecording = false;
  readonly #server: Server;
  readonly #answers = new Map<string, Buffer>();
  url = "";

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server, 0);
    return this;
  }

  /** Adds answers, and replaces earlier ones for the same requests. */
  give(answers: Answers): void {
    for (const [request, answer] of Object.entries(answers)) {
      this.#answers.set(request, Buffer.from(JSON.stringify(answer)));
    }
  }

  async close(): Promise<void> {
    await close(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const input = (await json(request)) as Recorded["input"];
    if (this.isRecording) this.requests.push({ operation, input });
    const table = input["TableName"] ?? Object.keys((input["RequestItems"] ?? {}) as object)[0];
    const answer = this.#answers.get(`${operation} ${table}`) ?? this.#answers.get(operation);
    if (answer === undefined) throw new Error(`The stub has no answer to ${operation} ${table}.`);
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": answer.length });
    response.end(answer);
  }
}

export interface Call {
  readonly service: "dynamodb" | "kms";
  /** The name of the command's class; for DynamoDB that of the document client. */
  readonly command: string;
  readonly input: unknown;
}

const commands: { readonly [operation: string]: Pick<Call, "service" | "command"> } = {
  GetItem: { service: "dynamodb", command: "GetCommand" },
  Query: { service: "dynamodb", command: "QueryCommand" },
  BatchGetItem: { service: "dynamodb", command: "BatchGetCommand" },
  TransactWriteItems: { service: "dynamodb", command: "TransactWriteCommand" },
  Decrypt: { service: "kms", command: "DecryptCommand" },
  GenerateDataKey: { service: "kms", command: "GenerateDataKeyCommand" },
};

/** Members of a request that have attributes. */
const attributeMembers = new Set(["Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey"]);

export function toCall({ operation, input }: Recorded): Call {
  const command = commands[operation];
  if (command === undefined) throw new Error(`No method is known to send ${operation}.`);
  if (command.service === "dynamodb") return { ...command, input: withValues(input) };
  const { CiphertextBlob: blob } = input;
  return {
    ...command,
    input: typeof blob === "string" ? { ...input, CiphertextBlob: Buffer.from(blob, "base64") } : input,
  };
}

function withValues(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withValues);
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => {
      if (attributeMembers.has(name)) return [name, fromAttributes(value as Attributes)];
      if (name === "Keys" && Array.isArray(value)) return [name, value.map(fromAttributes)];
      return [name, withValues(value)];
    }),
  );
}
