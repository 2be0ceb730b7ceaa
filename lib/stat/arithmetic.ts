/** The operators of project that compute with numbers, and with dates as far as that means something. */

import { queryError } from "../query/failure.ts";
import type { ArithmeticName } from "./operator-name.ts";

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

export function isArithmetic(name: string): name is ArithmeticName {
  return Object.hasOwn(arithmetic, name);
}

/** @throws ERROR_DB_QUERY */
export function assertOperandCount(operator: ArithmeticName, count: number): void {
  const { min, max } = arithmetic[operator].operands;
  if (count < min || count > max) throw queryError(`${operator} requires ${min === max ? "two" : "some"} fields`);
}

/**
 * Null where an operand is null or missing.
 * @throws ERROR_DB_QUERY for other operands than numbers and dates, and for a division by 0
 */
export function compute(operator: ArithmeticName, operands: readonly unknown[]): number | Date | null {
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
