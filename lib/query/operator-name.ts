/** Names only, because the client's types import them. What the operators do is in operators.ts. */

export type Comparison = "lt" | "lte" | "gt" | "gte";

export type OperatorName =
  | "eq"
  | "not"
  | "in"
  | "not_in"
  | "contain"
  | "not_contain"
  | "contain_in"
  | "not_contain_in"
  | "exists"
  | "match"
  | "regex"
  | "regex_in"
  | Comparison
  | `datetime_${Comparison}`
  | `timediff_${Comparison}`;
