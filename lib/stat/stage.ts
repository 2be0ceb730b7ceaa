/** What a stage is: rows are pushed in at one side and come out at the other. */

import type { Row } from "../query/model.ts";
import type { Shape } from "./shape.ts";
import type { Usage } from "./usage.ts";

/** Where rows go. */
export interface Sink {
  /** Whether it can use more rows. */
  push(row: Row): boolean;
  /** After the last row. */
  end(): void;
  /** Set where only the first so many rows count. */
  readonly wants?: number;
}

export interface Stage {
  /** The keys it reads of the rows that come in. */
  readonly reads: readonly string[];
  /** What its rows look like, given what comes in. */
  output(input: Shape): Shape;
  /** A sink that feeds the next one. */
  connect(next: Sink, input: Shape, usage: Usage): Sink;
}

/** The shape of what comes out where it is the shape of what goes in. */
export function sameShape(input: Shape): Shape {
  return input;
}
