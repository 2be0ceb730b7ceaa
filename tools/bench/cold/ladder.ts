/** get-data step by step: sources of bundles, each with one library more than the one before. */

import { floorSource } from "../bundle/build.ts";
import { commandsOf } from "../bundle/functions.ts";

export interface Step {
  readonly name: string;
  readonly source: string;
}

const dynamodb = `
  import { DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
  export const dynamodb = [new DynamoDBClient({}), GetItemCommand, QueryCommand];
`;
const document = floorSource({ ...commandsOf["get-data"], kms: [] });
const kms = floorSource(commandsOf["get-data"]);
const middy = `${kms}
  import middy from "@middy/core";
  export const wrapped = middy(handler, { timeoutEarlyInMillis: 500 });
`;
const valibot = `${middy}
  import { parseGetData } from "./lib/request/get-data.ts";
  export const parse = parseGetData;
`;

export const ladder: readonly Step[] = [
  { name: "nothing", source: "export const handler = async () => {};" },
  { name: "@aws-sdk/client-dynamodb", source: dynamodb },
  { name: "@aws-sdk/lib-dynamodb", source: document },
  { name: "@aws-sdk/client-kms", source: kms },
  { name: "@middy/core", source: middy },
  { name: "valibot and the message", source: valibot },
  { name: "the function", source: `export { handler } from "./handlers/get-data.ts";` },
];
