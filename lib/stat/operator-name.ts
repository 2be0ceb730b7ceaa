/** The names of what stat computes by; tables of the same names say how. Types alone: the client's types have them too. */

export type ReducerName =
  | "count"
  | "sum"
  | "average"
  | "max"
  | "min"
  | "first"
  | "last"
  | "push"
  | "add_to_set"
  | "merge_objects";

export type ConversionName = "size" | "sum" | "array_to_object" | "object_to_array";

export type ArithmeticName = "add" | "subtract" | "multiply" | "divide";
