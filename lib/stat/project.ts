/** project: rows of named values, computed from others. */

import { assertWithin } from "../query/bounds.ts";
import { queryError, quote } from "../query/failure.ts";
import type { Row } from "../query/model.ts";
import { setPresent } from "../query/value.ts";
import { assertOperandCount, compute, isArithmetic } from "./arithmetic.ts";
import { conversions, isConversion } from "./conversions.ts";
import type { OperandInput, OperationInput, ProjectFieldInput, ProjectInput } from "./input.ts";
import { toKey, toName } from "./names.ts";
import type { ConversionName } from "./operator-name.ts";
import { madeShape, type Shape } from "./shape.ts";
import type { Stage } from "./stage.ts";

const where = "a project field";

/** A computed value: the keys it reads, how many parts it is made of, and how it is computed from rows of a shape. */
interface Expression {
  readonly reads: readonly string[];
  readonly parts: number;
  compile(shape: Shape): (row: Row) => unknown;
}

/** Without `excludeKeys` the keys of the last group stay in the row. */
export function project({ fields, excludeKeys }: ProjectInput): Stage {
  if (fields.length === 0) throw queryError("project requires fields");
  const named = fields.map((field) => ({ name: toName(field.name, where), expression: toExpression(field) }));
  assertWithin(
    "stageFields",
    named.reduce((sum, { expression }) => sum + expression.parts, 0),
  );
  const keptKeys = (input: Shape): readonly string[] => (excludeKeys ? [] : input.groupKeys);
  return {
    reads: named.flatMap(({ expression }) => expression.reads),
    output: (input) => madeShape(keptKeys(input)),
    connect(next, input) {
      const kept = keptKeys(input).map((name) => ({ name, expression: keyed(name) }));
      const members = [...kept, ...named].map(({ name, expression }) => ({ name, read: expression.compile(input) }));
      return {
        push(row) {
          const made = {};
          for (const { name, read } of members) setPresent(made, name, read(row));
          return next.push(made);
        },
        end: () => next.end(),
      };
    },
  };
}

function toExpression({ key, operator, fields }: ProjectFieldInput): Expression {
  if (!operator) return keyed(toKey(key, where));
  return isConversion(operator) ? converted(operator, toKey(key, where)) : toArithmetic({ operator, fields }, 1);
}

function keyed(key: string): Expression {
  return { reads: [key], parts: 1, compile: (shape) => shape.reader(key) };
}

function converted(operator: ConversionName, key: string): Expression {
  const convert = conversions[operator];
  return {
    reads: [key],
    parts: 1,
    compile(shape) {
      const read = shape.reader(key);
      return (row) => convert(read(row));
    },
  };
}

function toArithmetic({ operator = "", fields }: OperationInput, depth: number): Expression {
  if (!isArithmetic(operator)) throw queryError(`unknown operator ${quote(operator)} of ${where}`);
  assertOperandCount(operator, fields.length);
  assertWithin("expressionDepth", depth);
  const operands = fields.map((field) => toOperand(field, depth));
  return {
    reads: operands.flatMap(({ reads }) => reads),
    parts: operands.reduce((sum, { parts }) => sum + parts, 1),
    compile(shape) {
      const reads = operands.map((operand) => operand.compile(shape));
      return (row) =>
        compute(
          operator,
          reads.map((read) => read(row)),
        );
    },
  };
}

function toOperand(operand: OperandInput, depth: number): Expression {
  if (typeof operand === "string") return keyed(toKey(operand, where));
  if (typeof operand === "number") return { reads: [], parts: 1, compile: () => () => operand };
  return toArithmetic(operand, depth + 1);
}
