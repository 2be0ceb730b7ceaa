/** project: rows of named values, computed from others. */

import { isObject } from "../base/json.ts";
import { assertWithin, queryError, quote } from "../query/bounds.ts";
import type { Row } from "../query/path.ts";
import { setMember, setPresent } from "../query/value.ts";
import type { ArithmeticName, ConversionName } from "./operator-name.ts";
import { madeShape, type Shape, type Stage, toKey, toName } from "./stage.ts";

const where = "a project field";

/** A computed value: the keys it reads, how many parts it is made of, and how it is computed from rows of a shape. */
export interface Expression {
  readonly reads: readonly string[];
  readonly parts: number;
  compile(shape: Shape): (row: Row) => unknown;
}

/** A named value of the rows that a projection makes. */
export interface ProjectField {
  readonly name: string;
  readonly expression: Expression;
}

interface ProjectFieldSent extends OperationSent {
  readonly key?: string | undefined;
  readonly name?: string | undefined;
}

interface OperationSent {
  readonly operator?: string | undefined;
  readonly fields?: readonly Expression[] | undefined;
}

/** Operators that compute with numbers, and with dates as far as that means something. */
interface Arithmetic {
  readonly operands: { readonly min: number; readonly max: number };
  /** The operands are numbers or dates. */
  readonly compute: (operands: readonly (number | Date)[]) => number | Date;
}

const several = { min: 1, max: Number.POSITIVE_INFINITY };
const two = { min: 2, max: 2 };

export const arithmetic: { readonly [Name in ArithmeticName]: Arithmetic } = {
  add: { operands: several, compute: add },
  subtract: { operands: two, compute: subtract },
  multiply: { operands: several, compute: (operands) => toNumbers("multiply", operands).reduce((a, b) => a * b, 1) },
  divide: { operands: two, compute: divide },
};

/** Operators that turn one value into another. `undefined` is a missing value. */
export const conversions: { readonly [Name in ConversionName]: (value: unknown) => unknown } = {
  size(value) {
    if (!Array.isArray(value)) throw queryError("size applies to arrays only");
    return value.length;
  },

  /** Of the numbers in an array, or of the one number; what is no number counts 0. */
  sum(value) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.reduce<number>((total, item) => total + (typeof item === "number" ? item : 0), 0);
  },

  /** From `{k, v}` or `[k, v]`; of two with one key the later wins. */
  array_to_object(value) {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) throw queryError("array_to_object applies to arrays only");
    const made = {};
    for (const item of value) {
      const [name, member] = toPair(item);
      setMember(made, name, member);
    }
    return made;
  },

  object_to_array(value) {
    if (value === null || value === undefined) return null;
    if (!isObject(value) || value instanceof Date) throw queryError("object_to_array applies to objects only");
    return Object.keys(value).map((name) => ({ k: name, v: value[name] }));
  },
};

/**
 * Unless they are excluded, the keys of the last group stay in the row.
 * @throws ERROR_DB_QUERY
 */
export function project(fields: readonly ProjectField[], excludeKeys: boolean): Stage {
  if (fields.length === 0) throw queryError("project requires fields");
  assertWithin(
    "stageFields",
    fields.reduce((sum, { expression }) => sum + expression.parts, 0),
  );
  const keptKeys = (input: Shape): readonly string[] => (excludeKeys ? [] : input.groupKeys);
  return {
    reads: fields.flatMap(({ expression }) => expression.reads),
    output: (input) => madeShape(keptKeys(input)),
    connect(next, input) {
      const kept = keptKeys(input).map((name) => ({ name, expression: keyed(name) }));
      const members = [...kept, ...fields].map(({ name, expression }) => ({ name, read: expression.compile(input) }));
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

/** @throws ERROR_DB_QUERY */
export function toProjectField({ key, name, operator, fields }: ProjectFieldSent): ProjectField {
  return { name: toName(name, where), expression: toExpression({ key, operator, fields }) };
}

function toExpression({ key, operator, fields }: ProjectFieldSent): Expression {
  if (!operator) return keyed(toKey(key, where));
  return isConversion(operator) ? converted(operator, toKey(key, where)) : toOperation({ operator, fields });
}

/** @throws ERROR_DB_QUERY */
export function toOperation({ operator = "", fields = [] }: OperationSent): Expression {
  if (!isArithmetic(operator)) throw queryError(`unknown operator ${quote(operator)} of ${where}`);
  assertOperandCount(operator, fields.length);
  return {
    reads: fields.flatMap(({ reads }) => reads),
    parts: fields.reduce((sum, { parts }) => sum + parts, 1),
    compile(shape) {
      const reads = fields.map((field) => field.compile(shape));
      return (row) =>
        compute(
          operator,
          reads.map((read) => read(row)),
        );
    },
  };
}

/**
 * A key, or a number that is the same in every row.
 * @throws ERROR_DB_QUERY
 */
export function toOperand(operand: string | number): Expression {
  if (typeof operand === "string") return keyed(toKey(operand, where));
  return { reads: [], parts: 1, compile: () => () => operand };
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

function isArithmetic(name: string): name is ArithmeticName {
  return Object.hasOwn(arithmetic, name);
}

/** @throws ERROR_DB_QUERY */
function assertOperandCount(operator: ArithmeticName, count: number): void {
  const { min, max } = arithmetic[operator].operands;
  if (count < min || count > max) throw queryError(`${operator} requires ${min === max ? "two" : "some"} fields`);
}

/**
 * Null where an operand is null or missing.
 * @throws ERROR_DB_QUERY for other operands than numbers and dates, and for a division by 0
 */
function compute(operator: ArithmeticName, operands: readonly unknown[]): number | Date | null {
  if (operands.some((operand) => operand === null || operand === undefined)) return null;
  const computable = operands.filter((operand) => typeof operand === "number" || operand instanceof Date);
  if (computable.length < operands.length) throw queryError(`${operator} applies to numbers only`);
  return arithmetic[operator].compute(computable);
}

/** One date and milliseconds make a date. */
function add(operands: readonly (number | Date)[]): number | Date {
  const dates = operands.filter((operand) => operand instanceof Date);
  if (dates.length > 1) throw queryError("add takes one date only");
  const sum = operands.reduce<number>((total, operand) => total + Number(operand), 0);
  return dates.length === 1 ? toDate(sum) : sum;
}

/** Two dates make milliseconds, a date and milliseconds a date. */
function subtract([a = 0, b = 0]: readonly (number | Date)[]): number | Date {
  if (b instanceof Date && !(a instanceof Date)) throw queryError("subtract takes no date from a number");
  const difference = Number(a) - Number(b);
  return a instanceof Date && !(b instanceof Date) ? toDate(difference) : difference;
}

function divide(operands: readonly (number | Date)[]): number {
  const [a = 0, b = 0] = toNumbers("divide", operands);
  if (b === 0) throw queryError("divide by 0");
  return a / b;
}

function toNumbers(operator: ArithmeticName, operands: readonly (number | Date)[]): readonly number[] {
  const numbers = operands.filter((operand) => typeof operand === "number");
  if (numbers.length < operands.length) throw queryError(`${operator} applies to numbers only`);
  return numbers;
}

function toDate(ms: number): Date {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw queryError("a computed date is out of range");
  return date;
}

function isConversion(name: string): name is ConversionName {
  return Object.hasOwn(conversions, name);
}

function toPair(item: unknown): readonly [string, unknown] {
  const pair: readonly unknown[] = Array.isArray(item) ? item : toPairOf(item);
  const [name, member] = pair;
  if (pair.length !== 2 || typeof name !== "string") {
    throw queryError("array_to_object takes elements {k, v} or [k, v], where k is a string");
  }
  return [name, member];
}

function toPairOf(item: unknown): readonly unknown[] {
  const isPair =
    isObject(item) && Object.keys(item).length === 2 && Object.hasOwn(item, "k") && Object.hasOwn(item, "v");
  return isPair ? [item["k"], item["v"]] : [];
}
