/** The time of each kind of request alone at these endpoints: the lower bound of any sequence. */

import { join } from "node:path";
import { buildSource, floorSource } from "../bundle/build.ts";
import { Candidate } from "../measure/candidates.ts";
import { median } from "../measure/figures.ts";
import type { Call } from "../stub/endpoint.ts";
import type { Environment } from "./contestants.ts";
import { tableDefinition } from "./credstash.ts";

const rounds = 21;
const callsPerStretch = 10;
const warmUpCalls = 200;

/** About the size of a version's row. */
const text = "x".repeat(2800);

/** Milliseconds by kind of request. */
export async function timeBareRequests(folder: string, environment: Environment): Promise<Map<string, number>> {
  const commands = ["GetCommand", "PutCommand", "QueryCommand", "TransactWriteCommand"];
  const source = floorSource({ dynamodb: commands, kms: ["GenerateDataKeyCommand"] });
  const { path } = await buildSource(source, join(folder, "bare-requests.cjs"));
  const candidate = new Candidate({ path, environment, log: join(folder, "log") });
  try {
    const calls = Object.entries(callsAt(environment));
    const samples = new Map<string, number[]>(calls.map(([name]) => [name, []]));
    for (const [, call] of calls) await candidate.run({ event: [call], calls: warmUpCalls });
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, call] of calls) {
        const { wallMs } = await candidate.run({ event: [call], calls: callsPerStretch });
        samples.get(name)?.push(wallMs / callsPerStretch);
      }
    }
    return new Map([...samples].map(([name, times]) => [name, median(times)]));
  } finally {
    await candidate.end();
  }
}

function callsAt(environment: Environment): { readonly [name: string]: Call } {
  const table = tableDefinition.TableName;
  const { SECRETS_TABLE, SECRET_NAMES_TABLE, SECRET_DATA_TABLE, KMS_KEY_ID } = environment;
  const put = (TableName: string | undefined, Item: object) => ({ Put: { TableName, Item } });
  const three = [
    put(SECRETS_TABLE, { domain_id: "bare", secret_id: "bare" }),
    put(SECRET_NAMES_TABLE, { domain_id: "bare", name: "bare" }),
    put(SECRET_DATA_TABLE, { secret: "bare", version: 1, text }),
  ];
  const newest = {
    ...{ TableName: table, ConsistentRead: true, Limit: 1, ScanIndexForward: false },
    KeyConditionExpression: "#name = :name",
    ExpressionAttributeNames: { "#name": "name" },
    ExpressionAttributeValues: { ":name": "bare" },
  };
  const dynamodb = (command: string, input: object): Call => ({ service: "dynamodb", command, input });
  return {
    PutItem: dynamodb("PutCommand", { TableName: table, Item: { name: "bare", version: "1", text } }),
    Query: dynamodb("QueryCommand", newest),
    GetItem: dynamodb("GetCommand", { TableName: table, Key: { name: "bare", version: "1" }, ConsistentRead: true }),
    "TransactWriteItems, 1 item": dynamodb("TransactWriteCommand", { TransactItems: three.slice(2) }),
    "TransactWriteItems, 3 items": dynamodb("TransactWriteCommand", { TransactItems: three }),
    GenerateDataKey: {
      service: "kms",
      command: "GenerateDataKeyCommand",
      input: { KeyId: KMS_KEY_ID, KeySpec: "AES_256" },
    },
  };
}
