/** The longest chain of requests that a call makes: how often it waits for the database, were all else free. */

import { setImmediate } from "node:timers/promises";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Call } from "../../../lib/method/call.ts";
import { type ListPorts, list } from "../../../lib/method/list.ts";
import { stat } from "../../../lib/method/stat.ts";
import { parseList } from "../../../lib/request/list.ts";
import { parseStat } from "../../../lib/request/stat.ts";
import { dynamodbSecretRows } from "../../../lib/store/dynamodb-secret-rows.ts";
import { domainId } from "../sample.ts";
import type { RowsCase } from "./cases.ts";
import type { RowTable } from "./table.ts";

const call: Call = {
  principal: { caller: "user-1", domainId, projects: null },
  now: new Date("2026-01-02T03:04:05.678Z"),
  remainingMs: () => 10_000,
};

const methods: { readonly [Name in RowsCase["route"]]: (message: unknown, ports: ListPorts) => Promise<unknown> } = {
  list: async (message, ports) => await list(parseList(message), call, ports),
  stat: async (message, ports) => await stat(parseStat(message), call, ports),
};

/** In rounds: when all that can be asked has been asked, all of it is answered at once. */
export async function countRounds({ route, message }: RowsCase, table: RowTable): Promise<number> {
  let waiting: (() => void)[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
    return table.answer(command.constructor.name, { ...command.input });
  };
  // All of a client that reading uses.
  const client = { send } as unknown as DynamoDBDocumentClient;
  const rows = dynamodbSecretRows({ client, tables: { secrets: "secrets", names: "names" } });
  // A query whose answer is too large has made its requests, too.
  const done = methods[route](message, { rows }).catch(() => undefined);
  let rounds = 0;
  for (;;) {
    // What a round's answers lead to waits for nothing but further requests.
    await setImmediate();
    if (waiting.length === 0) break;
    rounds += 1;
    const round = waiting;
    waiting = [];
    for (const answer of round) answer();
  }
  await done;
  return rounds;
}
