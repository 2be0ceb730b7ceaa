/** Selects the parts of a row that an answer shows. */

import { isObject } from "../base/json.ts";
import { assertWithin } from "./bounds.ts";
import { type Field, getPath, minimalFields, type Path, type Row, shownFields } from "./path.ts";
import type { Query } from "./query.ts";
import { setPresent } from "./value.ts";

/** A secret, or the requested part of it; unset fields are `null`. */
export type ShownRow = { readonly [field: string]: unknown };

/**
 * The fields and parts of fields that `only` names.
 * @throws ERROR_DB_QUERY for an unknown field
 */
export function toSelection(names: readonly string[]): readonly Path[] {
  assertWithin("only", names.length);
  return names.map(getPath);
}

/**
 * What `list` shows: with `minimal` its fixed fields, else those of `only` and the sort keys. Without both, whole
 * secrets (`null`).
 */
export function answeredPaths({ minimal, only, sort }: Query): readonly Path[] | null {
  if (minimal) return minimalFields.map(getPath);
  return only === null ? null : [...only, ...sort.map(({ key }) => getPath(key))];
}

/**
 * Makes a function that shows these fields and parts of fields; `null`: the whole secret. A field includes its parts.
 */
export function compileSelection(paths: readonly Path[] | null): (row: Row) => ShownRow {
  if (paths === null) return projectFields(shownFields.map((field) => ({ field, tree: null })));
  const trees = toTree(paths.map(({ field, parts }) => [field.name, ...parts]));
  return projectFields(
    shownFields.flatMap((field) => {
      const tree = trees.get(field.name);
      return tree === undefined ? [] : [{ field, tree }];
    }),
  );
}

/** The members to show; `null` shows a member whole. */
type Tree = ReadonlyMap<string, Tree | null>;

function toTree(paths: readonly (readonly string[])[]): Tree {
  const tails = Map.groupBy(paths, ([name = ""]) => name);
  return new Map(
    [...tails].map(([name, group]) => {
      const isWhole = group.some((parts) => parts.length === 1);
      return [name, isWhole ? null : toTree(group.map((parts) => parts.slice(1)))];
    }),
  );
}

function projectFields(
  selected: readonly { readonly field: Field; readonly tree: Tree | null }[],
): (row: Row) => ShownRow {
  return (row) => {
    const shown: { [field: string]: unknown } = {};
    for (const { field, tree } of selected) {
      const value = row[field.name] ?? field.absent;
      shown[field.name] = tree === null ? value : project(value, tree);
    }
    return shown;
  };
}

/** Like a projection in MongoDB: goes through arrays, and leaves out their elements that have no members. */
function project(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.flatMap((item) => project(item, tree) ?? []);
  if (!isObject(value)) return undefined;
  const part: { [name: string]: unknown } = {};
  for (const [name, below] of tree) {
    if (!Object.hasOwn(value, name)) continue;
    setPresent(part, name, below === null ? value[name] : project(value[name], below));
  }
  return part;
}
