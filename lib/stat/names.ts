/** Keys and names that stages are given. */

import { assertWithin } from "../query/bounds.ts";
import { queryError, quote } from "../query/failure.ts";
import { splitKey } from "../query/path.ts";

/**
 * A key to read by. `$`, which begins an expression in MongoDB, begins no part.
 * @throws ERROR_DB_QUERY
 */
export function toKey(key: string | undefined, where: string): string {
  if (!key) throw queryError(`${where} requires a key`);
  const isReadable = splitKey(key).every((part) => part !== "" && !part.startsWith("$"));
  if (!isReadable) throw queryError(`${where} has an invalid key ${quote(key)}`);
  return key;
}

/**
 * The name of a member of the rows that a stage makes.
 * @throws ERROR_DB_QUERY
 */
export function toName(name: string | undefined, where: string): string {
  if (!name) throw queryError(`${where} requires a name`);
  assertWithin("nameLength", name.length);
  if (name.includes(".") || name.startsWith("$")) throw queryError(`${where} has an invalid name ${quote(name)}`);
  return name;
}
