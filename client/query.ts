/** The query languages of list and stat as a caller writes them. Types only; docs/query.md explains them. */

import type { JsonObject, JsonValue } from "../lib/base/json.ts";
import type { OperatorName } from "../lib/query/operator-name.ts";
import type { ArithmeticName, ConversionName, ReducerName } from "../lib/stat/operator-name.ts";

export type { ArithmeticName, ConversionName, OperatorName, ReducerName };

/** Without `value`, it is `null`. */
export type Filter =
  | { readonly key: string; readonly operator: OperatorName; readonly value?: JsonValue }
  | { readonly k: string; readonly o: OperatorName; readonly v?: JsonValue };

export interface SortKey {
  readonly key: string;
  readonly desc?: boolean;
}

export type Sort = SortKey | { readonly keys: readonly SortKey[] } | readonly SortKey[];

/** `start` counts from 1. */
export interface Page {
  readonly start?: number;
  readonly limit?: number;
}

interface FilterQuery {
  readonly filter?: readonly Filter[];
  readonly filter_or?: readonly Filter[];
  readonly keyword?: string;
  readonly page?: Page;
}

/** Literal types of `only` and `minimal` decide the type of the answer. */
export interface Query<Path extends string = string, Minimal extends boolean = boolean> extends FilterQuery {
  readonly sort?: Sort;
  /** Shows only `secret_id`, `name` and `secret_type`. */
  readonly minimal?: Minimal;
  readonly count_only?: boolean;
  /** Names of fields, and paths into `tags`. */
  readonly only?: readonly Path[];
}

export interface StatisticsQuery extends FilterQuery {
  readonly aggregate?: readonly Stage[];
  readonly distinct?: string;
}

export type Stage =
  | { readonly unwind: { readonly path: string } }
  | { readonly group: Group }
  | { readonly count: { readonly name: string } }
  | { readonly sort: Sort }
  | { readonly project: Project }
  | { readonly limit: number }
  | { readonly skip: number };

export interface Group {
  readonly keys?: readonly GroupKey[];
  readonly fields?: readonly GroupField[];
}

export interface NamedKey {
  readonly key: string;
  readonly name: string;
}

export interface GroupKey extends NamedKey {
  /** `year`, `month`, `day`, or a strftime pattern. */
  readonly date_format?: string;
}

export interface GroupField {
  readonly name: string;
  readonly operator: ReducerName;
  /** Not needed by `count`; `push` may have `fields` instead. */
  readonly key?: string;
  readonly fields?: readonly NamedKey[];
  readonly conditions?: readonly GroupCondition[];
}

export interface GroupCondition {
  readonly key: string;
  readonly operator: "eq" | "not" | "lt" | "lte" | "gt" | "gte";
  readonly value: string | number | boolean | JsonObject;
}

export interface Project {
  readonly fields: readonly ProjectField[];
  readonly exclude_keys?: boolean;
}

export type ProjectField =
  | (NamedKey & { readonly operator?: ConversionName })
  | ({ readonly name: string } & Operation);

export interface Operation {
  readonly operator: ArithmeticName;
  readonly fields: readonly (string | number | Operation)[];
}
