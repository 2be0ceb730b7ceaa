/** group: one row for each combination of keys. Only the groups are held, never the rows. */

import { assertWithin } from "../query/bounds.ts";
import { queryError, quote } from "../query/failure.ts";
import { compileDateFormat } from "./date-format.ts";
import { toGroupConditions } from "./group-condition.ts";
import { connectGroup, type GroupField, type GroupKey, type NamedKey } from "./group-rows.ts";
import type { GroupFieldInput, GroupInput, GroupKeyInput, NamedKeyInput } from "./input.ts";
import { toKey, toName } from "./names.ts";
import { isReducer, reducers } from "./reducers.ts";
import { madeShape } from "./shape.ts";
import type { Stage } from "./stage.ts";

export function group(input: GroupInput): Stage {
  if (input.keys.length + input.fields.length === 0) throw queryError("group requires keys or fields");
  assertWithin("groupKeys", input.keys.length);
  const parts = input.fields.flatMap(({ fields, conditions }) => [null, ...fields, ...conditions]);
  assertWithin("stageFields", parts.length);
  const keys = input.keys.map(toGroupKey);
  const fields = input.fields.map(toGroupField);
  return {
    reads: [...keys.map(({ key }) => key), ...fields.flatMap(readsOf)],
    output: () => madeShape(keys.map(({ name }) => name)),
    connect: (next, shape, usage) => connectGroup({ keys, fields }, { next, shape, usage }),
  };
}

function toGroupKey({ key, name, dateFormat }: GroupKeyInput): GroupKey {
  const where = "a group key";
  const format = dateFormat === "" ? null : compileDateFormat(dateFormat);
  return { key: toKey(key, where), name: toName(name, where), format };
}

function toGroupField({ key, name, operator = "", fields, conditions }: GroupFieldInput): GroupField {
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
    conditions: toGroupConditions(conditions),
  };
}

function toNamedKey({ key, name }: NamedKeyInput): NamedKey {
  const where = "a field of push";
  return { key: toKey(key, where), name: toName(name, where) };
}

function readsOf({ key, fields, conditions }: GroupField): readonly string[] {
  return [...(key === null ? [] : [key]), ...[...fields, ...conditions].map((part) => part.key)];
}
