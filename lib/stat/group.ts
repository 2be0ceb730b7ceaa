/** The group stage: one row for each combination of keys. It holds the groups in memory, never the rows. */

import type { JsonValue } from "../base/json.ts";
import { assertWithin, queryError, quote } from "../query/bounds.ts";
import type { Row } from "../query/path.ts";
import { compareValues, keyMaker, type Relation, relations, setPresent } from "../query/value.ts";
import { compileDateFormat, type DateFormat } from "./date-format.ts";
import type { ReducerName } from "./operator-name.ts";
import { isReducer, reducers } from "./reducers.ts";
import { madeShape, type Shape, type Sink, type Stage, toKey, toName, type Usage } from "./stage.ts";

interface NamedKey {
  readonly key: string;
  readonly name: string;
}

export interface GroupKey extends NamedKey {
  readonly format: DateFormat | null;
}

export interface GroupField {
  readonly name: string;
  readonly operator: ReducerName;
  /** `null` if the operator reads nothing, or reads `fields` instead. */
  readonly key: string | null;
  readonly fields: readonly NamedKey[];
  readonly conditions: readonly GroupCondition[];
}

export interface GroupCondition {
  readonly key: string;
  readonly relation: Relation;
  readonly value: unknown;
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

/** The running value of one field in one group. */
interface Member {
  readonly add: (row: Row) => void;
  readonly result: () => unknown;
}

/** A tree of maps: one level for each key, and a group at each leaf. */
interface Node {
  below?: Map<unknown, Node>;
  group?: Group;
}

interface NamedKeySent {
  readonly key?: string | undefined;
  readonly name?: string | undefined;
}

interface GroupKeySent extends NamedKeySent {
  readonly date_format?: string | undefined;
}

interface GroupFieldSent extends NamedKeySent {
  readonly operator?: string | undefined;
  readonly fields?: readonly NamedKeySent[] | undefined;
  readonly conditions?: readonly GroupCondition[] | undefined;
}

interface GroupConditionSent {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: JsonValue | undefined;
}

/** @throws ERROR_DB_QUERY */
export function group(keys: readonly GroupKey[], fields: readonly GroupField[]): Stage {
  if (keys.length + fields.length === 0) throw queryError("group requires keys or fields");
  const parts = fields.flatMap((field) => [null, ...field.fields, ...field.conditions]);
  assertWithin("stageFields", parts.length);
  return {
    reads: [...keys.map(({ key }) => key), ...fields.flatMap(readsOf)],
    output: () => madeShape(keys.map(({ name }) => name)),
    connect: (next, shape, usage) => connectGroup({ keys, fields }, { next, shape, usage }),
  };
}

/** @throws ERROR_DB_QUERY */
export function toGroupKey({ key, name, date_format: dateFormat }: GroupKeySent): GroupKey {
  const where = "a group key";
  const format = dateFormat ? compileDateFormat(dateFormat) : null;
  return { key: toKey(key, where), name: toName(name, where), format };
}

/** @throws ERROR_DB_QUERY */
export function toGroupField({ key, name, operator = "", fields = [], conditions = [] }: GroupFieldSent): GroupField {
  if (!isReducer(operator)) throw queryError(`unknown operator ${quote(operator)} of a group field`);
  const { takes, isConditional } = reducers[operator];
  const where = `a group field with ${operator}`;
  if (conditions.length > 0 && !isConditional) throw queryError(`${where} takes no conditions`);
  const isObject = takes === "key or fields" && !key && fields.length > 0;
  return {
    name: toName(name, where),
    operator,
    key: takes === "nothing" || isObject ? null : toKey(key, where),
    fields: isObject ? fields.map(toNamedKey) : [],
    conditions,
  };
}

function toNamedKey({ key, name }: NamedKeySent): NamedKey {
  const where = "a field of push";
  return { key: toKey(key, where), name: toName(name, where) };
}

/** @throws ERROR_DB_QUERY */
export function toGroupCondition({ key, operator = "", value = null }: GroupConditionSent): GroupCondition {
  if (value === null) throw queryError("a condition of a group field requires a value");
  if (!isRelation(operator)) throw queryError(`unknown operator ${quote(operator)} of a group field's condition`);
  return { key: toKey(key, "a condition of a group field"), relation: operator, value };
}

function readsOf({ key, fields, conditions }: GroupField): readonly string[] {
  return [...(key === null ? [] : [key]), ...[...fields, ...conditions].map((part) => part.key)];
}

function isRelation(name: string): name is Relation {
  return Object.hasOwn(relations, name);
}

function compileGroupConditions(conditions: readonly GroupCondition[], shape: Shape): (row: Row) => boolean {
  const tests = conditions.map(({ key, relation, value }) => {
    const read = shape.reader(key);
    const holds = relations[relation];
    return (row: Row): boolean => holds(compareValues(read(row), value));
  });
  return tests.length === 0 ? () => true : (row) => tests.every((test) => test(row));
}

function connectGroup({ keys, fields }: GroupSpec, { next, shape, usage }: Surroundings): Sink {
  // As in MongoDB: with one key, null and missing form one group; with several keys they form two.
  const readKeys = keys.map((key) => (keys.length === 1 ? orNull(compileKey(key, shape)) : compileKey(key, shape)));
  const startMembers = fields.map((field) => compileField(field, shape, usage));
  const groups: Group[] = [];
  const findGroup = groupIndex(readKeys, (values) => {
    usage.charge("groups", values);
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
