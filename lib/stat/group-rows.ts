/** Running a group: finding the group of a row, and what each group has taken in. */

import { keyMaker } from "../query/identity.ts";
import type { Row } from "../query/model.ts";
import { setPresent } from "../query/value.ts";
import type { DateFormat } from "./date-format.ts";
import { compileGroupConditions, type GroupCondition } from "./group-condition.ts";
import type { ReducerName } from "./operator-name.ts";
import { reducers } from "./reducers.ts";
import type { Shape } from "./shape.ts";
import type { Sink } from "./stage.ts";
import type { Usage } from "./usage.ts";

export interface NamedKey {
  readonly key: string;
  readonly name: string;
}

export interface GroupKey extends NamedKey {
  readonly format: DateFormat | null;
}

export interface GroupField {
  readonly name: string;
  readonly operator: ReducerName;
  /** `null` where the operator reads nothing, or reads `fields`. */
  readonly key: string | null;
  readonly fields: readonly NamedKey[];
  readonly conditions: readonly GroupCondition[];
}

interface GroupSpec {
  readonly keys: readonly GroupKey[];
  readonly fields: readonly GroupField[];
}

interface Surroundings {
  readonly next: Sink;
  readonly shape: Shape;
  readonly usage: Usage;
}

type Read = (row: Row) => unknown;

interface Group {
  readonly keys: readonly unknown[];
  readonly members: readonly Member[];
}

/** A field of one group. */
interface Member {
  readonly add: (row: Row) => void;
  readonly result: () => unknown;
}

export function connectGroup({ keys, fields }: GroupSpec, { next, shape, usage }: Surroundings): Sink {
  // By one key, null and missing are one group; by several, a missing key makes a group of its own.
  const readKeys = keys.map((key) => (keys.length === 1 ? orNull(compileKey(key, shape)) : compileKey(key, shape)));
  const startMembers = fields.map((field) => compileField(field, shape, usage));
  const groups: Group[] = [];
  const findGroup = groupIndex(readKeys, (values) => {
    usage.hold("groups", values);
    const group = { keys: values, members: startMembers.map((start) => start()) };
    groups.push(group);
    return group;
  });
  const names = [...keys, ...fields].map(({ name }) => name);
  return {
    push(row) {
      for (const { add } of findGroup(row).members) add(row);
      return true;
    },
    end() {
      groups.every((group) => next.push(toRow(names, group)));
      next.end();
    },
  };
}

function compileKey({ key, format }: GroupKey, shape: Shape): Read {
  const read = shape.reader(key);
  return format === null ? read : (row) => format(read(row));
}

function orNull(read: Read): Read {
  return (row) => read(row) ?? null;
}

function compileField(field: GroupField, shape: Shape, usage: Usage): () => Member {
  const { start } = reducers[field.operator];
  const read = compileOperand(field, shape);
  const isTaken = compileGroupConditions(field.conditions, shape);
  return () => {
    const { add, result } = start(usage);
    return { add: (row) => isTaken(row) && add(read(row)), result };
  };
}

function compileOperand({ key, fields }: GroupField, shape: Shape): Read {
  if (key !== null) return shape.reader(key);
  const parts = fields.map((field) => ({ name: field.name, read: shape.reader(field.key) }));
  return (row) => {
    const value = {};
    for (const { name, read } of parts) setPresent(value, name, read(row));
    return value;
  };
}

/** A tree of maps, one level for each key, with the groups at its ends. */
interface Node {
  below?: Map<unknown, Node>;
  group?: Group;
}

function groupIndex(readKeys: readonly Read[], start: (keys: readonly unknown[]) => Group): (row: Row) => Group {
  const toKey = keyMaker();
  const root: Node = {};
  return (row) => {
    let node = root;
    for (const read of readKeys) node = nodeBelow(node, toKey(read(row)));
    node.group ??= start(readKeys.map((read) => read(row)));
    return node.group;
  };
}

function nodeBelow(node: Node, key: unknown): Node {
  node.below ??= new Map();
  let below = node.below.get(key);
  if (below === undefined) {
    below = {};
    node.below.set(key, below);
  }
  return below;
}

function toRow(names: readonly string[], { keys, members }: Group): Row {
  const row = {};
  const values = [...keys, ...members.map(({ result }) => result())];
  for (const [index, name] of names.entries()) setPresent(row, name, values[index]);
  return row;
}
