/** Conditions that choose the rows one field of a group takes in. They compare whole values, across types. */

import type { ConditionInput } from "../query/condition.ts";
import { queryError, quote } from "../query/failure.ts";
import type { Row } from "../query/model.ts";
import { compareValues, type Relation, relations } from "../query/value.ts";
import { toKey } from "./names.ts";
import type { Shape } from "./shape.ts";

export interface GroupCondition {
  readonly key: string;
  readonly relation: Relation;
  readonly value: unknown;
}

/** @throws ERROR_DB_QUERY */
export function toGroupConditions(inputs: readonly ConditionInput[]): readonly GroupCondition[] {
  return inputs.map(({ key, operator, value }) => {
    if (value === null) throw queryError("a condition of a group field requires a value");
    if (operator === undefined || !isRelation(operator)) {
      throw queryError(`unknown operator ${quote(operator ?? "")} of a group field's condition`);
    }
    return { key: toKey(key, "a condition of a group field"), relation: operator, value };
  });
}

function isRelation(name: string): name is Relation {
  return Object.hasOwn(relations, name);
}

export function compileGroupConditions(conditions: readonly GroupCondition[], shape: Shape): (row: Row) => boolean {
  const tests = conditions.map(({ key, relation, value }) => {
    const read = shape.reader(key);
    const holds = relations[relation];
    return (row: Row): boolean => holds(compareValues(read(row), value));
  });
  return tests.length === 0 ? () => true : (row) => tests.every((test) => test(row));
}
