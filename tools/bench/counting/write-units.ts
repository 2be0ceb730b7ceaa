/**
 * DynamoDB's write units of a transaction, by its documented formula: DynamoDB Local counts one action of each table
 * only. (Developer guide: "Item sizes and formats", "Capacity unit consumption for write operations".) Pure.
 */

import type { Attributes, AttributeValue } from "../stub/attribute-values.ts";
import type { TableDefinition } from "../../local/deployment.ts";

/** A written item; `undefined` where there is none. */
export interface Written {
  readonly table: TableDefinition;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

const unitBytes = 1024;
/** A transaction writes every item twice: to prepare, and to commit. Indexes follow by plain writes. */
const transactionWrites = 2;

export function writeUnits(written: readonly Written[]): number {
  return written.reduce((total, one) => total + tableUnits(one) + indexUnits(one), 0);
}

function tableUnits({ before, after }: Written): number {
  return transactionWrites * Math.max(1, units(before), units(after));
}

/** Every index here carries whole items: it is written when the item is, and twice when its key there changes. */
function indexUnits({ table, before, after }: Written): number {
  const indexes = table.create.GlobalSecondaryIndexes ?? [];
  return indexes.reduce((total, { KeySchema = [] }) => {
    const names = KeySchema.map(({ AttributeName = "" }) => AttributeName);
    const [old, current] = [entryOf(before, names), entryOf(after, names)];
    if (old === current) return total + (old === undefined ? 0 : Math.max(units(before), units(after)));
    return total + (old === undefined ? 0 : units(before)) + (current === undefined ? 0 : units(after));
  }, 0);
}

/** The key of an item in an index; `undefined` where it has none and so is not in it. */
function entryOf(item: Attributes | undefined, names: readonly string[]): string | undefined {
  if (item === undefined || !names.every((name) => name in item)) return undefined;
  return JSON.stringify(names.map((name) => item[name]));
}

function units(item: Attributes | undefined): number {
  return item === undefined ? 0 : Math.ceil(itemBytes(item) / unitBytes);
}

/** What an item counts, and takes in storage but for the 100 bytes that are added there. */
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
