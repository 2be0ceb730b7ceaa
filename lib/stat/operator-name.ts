/** Names only, because the client's types import them. Their functions are in reducers.ts and project.ts. */

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
