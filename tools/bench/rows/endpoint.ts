/** A DynamoDB endpoint on a table in memory, with the latency of AWS. Runs in another process than the caller. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { close, listen } from "../../local/loopback.ts";
import { toAttributeValue } from "../stub/attribute-values.ts";
import type { Recorded } from "../stub/endpoint.ts";
import { toCall } from "../stub/endpoint.ts";
import type { Answer, RowTable } from "./table.ts";

interface Rendered {
  readonly body: Buffer;
  readonly units: number;
}

const contentType = { "content-type": "application/x-amz-json-1.0" };
const refusal = JSON.stringify({
  __type: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
  message: "The level of configured provisioned throughput for the table was exceeded.",
});

export class RowsEndpoint {
  /** The requests since the list was last emptied. */
  readonly requests: Recorded[] = [];
  /** Limits how fast it returns rows; `null`: no limit. */
  partition: Partition | null = null;
  readonly #table: RowTable;
  readonly #latencyMs: number;
  readonly #server: Server;
  /** Caches answers, because making one takes longer than the caller's work on it. */
  readonly #answers = new Map<string, Rendered>();
  url = "";

  constructor(table: RowTable, latencyMs: number) {
    this.#table = table;
    this.#latencyMs = latencyMs;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server, 0);
    return this;
  }

  async close(): Promise<void> {
    await close(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const sent = await text(request);
    const isAdmitted = this.partition?.admits() ?? true;
    await setTimeout(this.#latencyMs);
    if (!isAdmitted) {
      response.writeHead(400, contentType).end(refusal);
      return;
    }
    const recorded: Recorded = { operation, input: JSON.parse(sent) as Recorded["input"] };
    this.requests.push(recorded);
    const { body, units } = this.#answers.get(sent) ?? this.#render(recorded);
    this.#answers.set(sent, { body, units });
    this.partition?.take(units);
    response.writeHead(200, { ...contentType, "content-length": body.length }).end(body);
  }

  #render(recorded: Recorded): Rendered {
    const { command, input } = toCall(recorded);
    const answer = this.#table.answer(command, input as Recorded["input"]);
    return { body: Buffer.from(JSON.stringify(toWire(answer))), units: this.#table.unitsOf(answer) };
  }
}

const toItem = (item: unknown): unknown => toAttributeValue(item)["M"];

function toWire({ Items, LastEvaluatedKey, Responses, ...counts }: Answer): object {
  return {
    ...counts,
    ...(Items !== undefined && { Items: Items.map(toItem) }),
    ...(LastEvaluatedKey !== undefined && { LastEvaluatedKey: toItem(LastEvaluatedKey) }),
    ...(Responses !== undefined && {
      Responses: Object.fromEntries(Object.entries(Responses).map(([table, items]) => [table, items.map(toItem)])),
    }),
  };
}

/** DynamoDB's read units per second of a partition; also the size of its burst here. */
export const partitionUnits = 3000;

export class Partition {
  refused = 0;
  #units = partitionUnits;
  #countedAt = performance.now();

  /** Whether any units are left. A request's units are only known afterwards, so it may overdraw them. */
  admits(): boolean {
    const now = performance.now();
    this.#units = Math.min(partitionUnits, this.#units + ((now - this.#countedAt) / 1000) * partitionUnits);
    this.#countedAt = now;
    if (this.#units > 0) return true;
    this.refused += 1;
    return false;
  }

  take(units: number): void {
    this.#units -= units;
  }
}
