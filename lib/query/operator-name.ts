/** The names of filters' operators; what they do is in operators.ts. A type alone: the client's types have it too. */

/** How two values of one order are compared. */
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
