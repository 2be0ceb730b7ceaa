/** Requests as an endpoint recorded them -> the same calls of the SDK, to be sent by a floor bundle's handler. */

import { type Attributes, fromAttributes } from "./attribute-values.ts";
import type { Recorded } from "./endpoint.ts";

export interface Call {
  readonly service: "dynamodb" | "kms";
  /** The command's class; of DynamoDB the document client's. */
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

/** Members of a request that hold attributes. */
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
