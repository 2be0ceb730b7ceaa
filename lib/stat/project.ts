/** The project stage: makes rows of named values, each read or computed from the incoming row. */

import { isObject } from "../base/json.ts";
import { assertWithin, queryError, quote } from "../query/bounds.ts";
import type { Row } from "../query/path.ts";
import { setMember, setPresent } from "../query/value.ts";
import type { ArithmeticName, ConversionName } from "./operator-name.ts";
import { madeShape, type Shape, type Stage, toKey, toName } from "./stage.ts";

const where = "a project field";

/** A value to compute: the keys that it reads, and the number of its parts, which `stageFields` limits. */
export interface Expression {
  readonly reads: readonly string[];
  readonly parts: number;
  compile(shape: Shape): (row: Row) => unknown;
}

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

/** Operators on numbers. Only `add` and `subtract` also take dates. */
interface Arithmetic {
  readonly operands: { readonly min: number; readonly max: number };
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

/** Operators that convert one value. `undefined` means that the row has no such value. */
export const conversions: { readonly [Name in ConversionName]: (value: unknown) => unknown } = {
  size(value) {
    if (!Array.isArray(value)) throw queryError("size applies to arrays only");
    return value.length;
  },

  /** The sum of an array, or of one value. A value that is not a number counts as 0. */
  sum(value) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.reduce<number>((total, item) => total + (typeof item === "number" ? item : 0), 0);
  },

  /** Elements are `{k, v}` or `[k, v]`. If a key comes twice, the later element wins. */
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
 * The keys of the last group stay in the row, unless `excludeKeys` is set.
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
 * A string is a key; a number is a constant.
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
 * Returns null if an operand is null or missing.
 * @throws ERROR_DB_QUERY for an operand that the operator does not take, and for a division by 0
 */
function compute(operator: ArithmeticName, operands: readonly unknown[]): number | Date | null {
  if (operands.some((operand) => operand === null || operand === undefined)) return null;
  const computable = operands.filter((operand) => typeof operand === "number" || operand instanceof Date);
  if (computable.length < operands.length) throw queryError(`${operator} applies to numbers only`);
  return arithmetic[operator].compute(computable);
}

/** A date plus milliseconds is a date. */
function add(operands: readonly (number | Date)[]): number | Date {
  const dates = operands.filter((operand) => operand instanceof Date);
  if (dates.length > 1) throw queryError("add takes one date only");
  const sum = operands.reduce<number>((total, operand) => total + Number(operand), 0);
  return dates.length === 1 ? toDate(sum) : sum;
}

/** A date minus a date is milliseconds; a date minus milliseconds is a date. */
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
