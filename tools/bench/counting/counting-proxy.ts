/** An HTTP proxy in front of DynamoDB or KMS that counts requests, and the units that DynamoDB bills for them. */

import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { json, text } from "node:stream/consumers";
import type { TableDefinition } from "../../local/deployment.ts";
import { close, listen } from "../../local/loopback.ts";
import type { Attributes, AttributeValue } from "../stub/attribute-values.ts";

/** A counted request. Units are DynamoDB's, and 0 for KMS. */
export interface Counted {
  /** `Query`, `Decrypt`, … */
  readonly operation: string;
  readonly readUnits: number;
  readonly writeUnits: number;
}

interface Passing {
  /** `DynamoDB_20120810.Query`, … */
  readonly target: string;
  readonly headers: { readonly [name: string]: string };
  readonly message: { readonly [member: string]: unknown };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Passed {
  readonly answer: Answer;
  readonly units: Omit<Counted, "operation">;
}

/** The read parts of DynamoDB's answers. */
interface DynamoDbAnswer {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  readonly Item?: Attributes;
}

interface Consumed {
  readonly CapacityUnits: number;
}

/** An action of a transaction, by its kind. */
type Action = {
  readonly [kind: string]: { readonly TableName: string; readonly Key?: Attributes; readonly Item?: Attributes };
};

const passedHeaders = ["content-type", "authorization", "x-amz-date"] as const;

export class CountingProxy {
  /** The requests since the list was last emptied. */
  readonly requests: Counted[] = [];
  readonly #target: string;
  readonly #tables: ReadonlyMap<string, TableDefinition>;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  url = "";

  /** @param tables DynamoDB's tables; empty for KMS */
  constructor(target: string, tables: readonly TableDefinition[] = []) {
    this.#target = target;
    this.#tables = new Map(tables.map((table) => [table.create.TableName, table]));
    this.#server = createServer((incoming, response) => {
      this.#serve(incoming, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server, 0);
    return this;
  }

  async close(): Promise<void> {
    await close(this.#server);
    this.#agent.destroy();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(passedHeaders.map((name) => [name, String(incoming.headers[name])]));
    const message = (await json(incoming)) as Passing["message"];
    const passing = { target: String(incoming.headers["x-amz-target"]), headers, message };
    const operation = passing.target.replace(/^.*\./, "");
    const { answer, units } =
      operation === "TransactWriteItems" ? await this.#passWrite(passing) : await this.#passRead(passing);
    this.requests.push({ operation, ...units });
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" });
    response.end(answer.body);
  }

  async #passRead(passing: Passing): Promise<Passed> {
    const answer = await this.#send(passing, { ReturnConsumedCapacity: "TOTAL" });
    const { ConsumedCapacity = [] } = JSON.parse(answer.body) as DynamoDbAnswer;
    const readUnits = [ConsumedCapacity].flat().reduce((total, { CapacityUnits }) => total + CapacityUnits, 0);
    return { answer, units: { readUnits, writeUnits: 0 } };
  }

  /** DynamoDB bills a refused transaction like a successful one. */
  async #passWrite(passing: Passing): Promise<Passed> {
    const actions = (passing.message["TransactItems"] as readonly Action[]).flatMap((action) => Object.values(action));
    const items = async () => await Promise.all(actions.map(async (action) => await this.#find(passing, action)));
    const before = await items();
    const answer = await this.#send(passing, {});
    const after = await items();
    const written: Written[] = actions.map(({ TableName, Item }, index) => ({
      table: this.#table(TableName),
      before: before[index],
      after: answer.status === 200 ? after[index] : Item,
    }));
    return { answer, units: { readUnits: 0, writeUnits: writeUnits(written) } };
  }

  async #find(passing: Passing, { TableName, Key, Item = {} }: Action[string]): Promise<Attributes | undefined> {
    const names = (this.#table(TableName).create.KeySchema ?? []).map(({ AttributeName = "" }) => AttributeName);
    const key = Key ?? Object.fromEntries(names.map((name) => [name, Item[name]]));
    const get = { target: "DynamoDB_20120810.GetItem", headers: passing.headers };
    const { body } = await this.#send({ ...get, message: { TableName, Key: key, ConsistentRead: true } }, {});
    return (JSON.parse(body) as DynamoDbAnswer).Item;
  }

  #table(name: string): TableDefinition {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`There is no table ${name}.`);
    return table;
  }

  async #send({ target, headers, message }: Passing, also: object): Promise<Answer> {
    const answered = Promise.withResolvers<IncomingMessage>();
    const options = { method: "POST", headers: { ...headers, "x-amz-target": target }, agent: this.#agent };
    const outgoing = request(this.#target, options, answered.resolve);
    outgoing.on("error", answered.reject);
    outgoing.end(JSON.stringify(target.startsWith("DynamoDB") ? { ...message, ...also } : message));
    const response = await answered.promise;
    return { status: response.statusCode ?? 502, body: await text(response) };
  }
}

/**
 * The write units of a transaction, by DynamoDB's documented formula, because DynamoDB Local counts only one action per
 * table. Source: Developer Guide, "Item sizes and formats", "Capacity unit consumption for write operations". Pure.
 */

/** A written item before and after; `undefined` if there is none. */
export interface Written {
  readonly table: TableDefinition;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

const unitBytes = 1024;
/** A transaction writes every item twice: to prepare and to commit. Indexes are updated by plain writes. */
const transactionWrites = 2;

export function writeUnits(written: readonly Written[]): number {
  return written.reduce((total, one) => total + tableUnits(one) + indexUnits(one), 0);
}

function tableUnits({ before, after }: Written): number {
  return transactionWrites * Math.max(1, units(before), units(after));
}

/** The indexes have whole items. They are written with the item, and twice if its key in the index changes. */
function indexUnits({ table, before, after }: Written): number {
  const indexes = table.create.GlobalSecondaryIndexes ?? [];
  return indexes.reduce((total, { KeySchema = [] }) => {
    const names = KeySchema.map(({ AttributeName = "" }) => AttributeName);
    const [old, current] = [entryOf(before, names), entryOf(after, names)];
    if (old === current) return total + (old === undefined ? 0 : Math.max(units(before), units(after)));
    return total + (old === undefined ? 0 : units(before)) + (current === undefined ? 0 : units(after));
  }, 0);
}

/** The key of an item in an index; `undefined` if the item is not in the index. */
function entryOf(item: Attributes | undefined, names: readonly string[]): string | undefined {
  if (item === undefined || !names.every((name) => name in item)) return undefined;
  return JSON.stringify(names.map((name) => item[name]));
}

function units(item: Attributes | undefined): number {
  return item === undefined ? 0 : Math.ceil(itemBytes(item) / unitBytes);
}

/** The billed size of an item. Storage adds 100 bytes. */
export function itemBytes(item: Attributes): number {
  return Object.entries(item).reduce((total, [name, value]) => total + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(attribute: AttributeValue): number {
  const [[kind = "", value] = []] = Object.entries(attribute);
  switch (kind) {
    case "S":
      return Buffer.byteLength(String(value));
    case "N":
      return Math.ceil(String(value).replace(/[-.]|^0+|0+$/g, "").length / 2) + 1;
    case "B":
      return Buffer.from(String(value), "base64").length;
    case "L":
      return (value as AttributeValue[]).reduce((total, element) => total + 1 + valueBytes(element), 3);
    case "M":
      return 3 + Object.keys(value as Attributes).length + itemBytes(value as Attributes);
    default:
      return 1;
  }
}
