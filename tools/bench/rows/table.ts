/** The table `secrets` of one domain in memory. Answers reads like DynamoDB, except that it applies no filter. */

import { isObject } from "../../../lib/base/json.ts";
import type { Secret } from "../../../lib/secret/secret.ts";
import { toSecretItem } from "../../../lib/store/items.ts";

type Item = { readonly [name: string]: unknown };
type Input = { readonly [member: string]: unknown };

/** An answer in the form of the document client. */
export interface Answer {
  readonly Count?: number;
  readonly ScannedCount?: number;
  readonly Items?: readonly Item[];
  readonly LastEvaluatedKey?: Item;
  readonly Responses?: { readonly [table: string]: readonly Item[] };
}

/** A `Query` reads this much, however little it returns. */
const pageBytes = 2 ** 20;
const unitBytes = 4096;

export class RowTable {
  readonly #items: readonly Item[];
  readonly #ids: readonly string[];
  readonly #sizes: readonly number[];
  readonly bytes: number;

  /** @param rows in the order of their ids */
  constructor(rows: readonly Secret[]) {
    this.#items = rows.map(toSecretItem);
    this.#ids = rows.map(({ secret_id }) => secret_id);
    this.#sizes = this.#items.map(sizeOf);
    this.bytes = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The number of requests that read everything, one after the other. */
  get pages(): number {
    return Math.ceil(this.bytes / pageBytes);
  }

  answer(command: string, input: Input): Answer {
    if (command === "QueryCommand") return this.#query(input);
    if (command === "BatchGetCommand") return this.#batchGet(input);
    throw new Error(`A table of rows has no answer to ${command}.`);
  }

  /** The units of a strongly consistent answer, if all rows have the same size. */
  unitsOf({ ScannedCount = 0, Responses = {} }: Answer): number {
    const rowBytes = this.bytes / this.#sizes.length;
    const fetched = Object.values(Responses).flat().length;
    return Math.ceil((ScannedCount * rowBytes) / unitBytes) + fetched * Math.ceil(rowBytes / unitBytes);
  }

  #query(input: Input): Answer {
    const after = memberOf(input["ExclusiveStartKey"], "secret_id");
    const last = memberOf(input["ExpressionAttributeValues"], ":last");
    const start = typeof after === "string" ? this.#countUpTo(after) : 0;
    const rangeEnd = typeof last === "string" ? this.#countUpTo(last) : this.#ids.length;
    const end = this.#endOfPage(start, rangeEnd);
    const lastItem = end < rangeEnd ? this.#items[end - 1] : undefined;
    return {
      Count: end - start,
      ScannedCount: end - start,
      ...(lastItem !== undefined && { LastEvaluatedKey: keyOf(lastItem) }),
      ...(input["Select"] !== "COUNT" && { Items: this.#items.slice(start, end).map(projectionOf(input)) }),
    };
  }

  /** Reads from the only table in the request. */
  #batchGet({ RequestItems: asked }: Input): Answer {
    const [name = "", request] = isObject(asked) ? (Object.entries(asked)[0] ?? []) : [];
    const keys = memberOf(request, "Keys");
    const ids: readonly unknown[] = Array.isArray(keys) ? keys.map((key) => memberOf(key, "secret_id")) : [];
    return { Responses: { [name]: ids.flatMap<Item>((id) => this.#find(id) ?? []) } };
  }

  #find(id: unknown): Item | undefined {
    const index = this.#countUpTo(String(id)) - 1;
    return this.#ids[index] === id ? this.#items[index] : undefined;
  }

  #endOfPage(start: number, rangeEnd: number): number {
    let end = start;
    for (let bytes = 0; end < rangeEnd && bytes < pageBytes; end += 1) bytes += this.#sizes[end] ?? 0;
    return end;
  }

  /** The number of ids up to and including this one. */
  #countUpTo(id: string): number {
    let [low, high] = [0, this.#ids.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? "") <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function keyOf(item: Item): Item {
  return { domain_id: item["domain_id"], secret_id: item["secret_id"] };
}

/** Applies the request's projection to an item. */
function projectionOf({ ProjectionExpression: text, ExpressionAttributeNames: names }: Input): (item: Item) => Item {
  if (typeof text !== "string") return (item) => item;
  const paths = text.split(", ").map((path) => path.split(".").map((name) => String(memberOf(names, name))));
  return (item) => {
    const projected: { [name: string]: unknown } = {};
    for (const [name = "", member] of paths) {
      if (!Object.hasOwn(item, name)) continue;
      if (member === undefined) projected[name] = item[name];
      else projected[name] = new Map([...mapOf(projected[name]), ...membersOf(item[name], member)]);
    }
    return projected;
  };
}

/** Paths have at most two parts, because below that there may be a list. */
function membersOf(value: unknown, name: string): readonly [unknown, unknown][] {
  const map = mapOf(value);
  return map.has(name) ? [[name, map.get(name)]] : [];
}

function mapOf(value: unknown): ReadonlyMap<unknown, unknown> {
  return value instanceof Map ? value : new Map();
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

/** DynamoDB's size of a value: names and values, numbers by their digits, and a few bytes per map or list. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return Math.ceil(String(value).length / 2) + 1;
  if (value instanceof Map) return 3 + value.size + sizeOf(Object.fromEntries(value));
  if (Array.isArray(value)) return 3 + value.reduce((sum: number, item) => sum + 1 + sizeOf(item), 0);
  if (!isObject(value)) return 1;
  return Object.entries(value).reduce((sum, [name, member]) => sum + Buffer.byteLength(name) + sizeOf(member), 0);
}
