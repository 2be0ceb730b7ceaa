/** A statistics query as it was sent, aliases and presence resolved: `undefined` and empty lists are not sent. */

import type { FilterQuery, Page, SentCondition, SortKey } from "../query/query.ts";

export interface StatisticsInput extends FilterQuery {
  readonly aggregate: readonly StageInput[];
  readonly distinct: string;
  /** `null` for all rows of the answer. */
  readonly page: Page | null;
}

export type StageInput =
  | { readonly kind: "unwind"; readonly options: UnwindInput }
  | { readonly kind: "group"; readonly options: GroupInput }
  | { readonly kind: "count"; readonly options: CountInput }
  | { readonly kind: "sort"; readonly options: readonly SortKey[] }
  | { readonly kind: "project"; readonly options: ProjectInput }
  | { readonly kind: "limit"; readonly options: number }
  | { readonly kind: "skip"; readonly options: number };

export interface UnwindInput {
  readonly path: string | undefined;
}

export interface CountInput {
  readonly name: string | undefined;
}

export interface GroupInput {
  readonly keys: readonly GroupKeyInput[];
  readonly fields: readonly GroupFieldInput[];
}

export interface GroupKeyInput extends NamedKeyInput {
  readonly dateFormat: string;
}

export interface GroupFieldInput extends NamedKeyInput {
  readonly operator: string | undefined;
  readonly fields: readonly NamedKeyInput[];
  readonly conditions: readonly SentCondition[];
}

export interface NamedKeyInput {
  readonly key: string | undefined;
  readonly name: string | undefined;
}

export interface ProjectInput {
  readonly fields: readonly ProjectFieldInput[];
  readonly excludeKeys: boolean;
}

export interface ProjectFieldInput extends NamedKeyInput {
  readonly operator: string | undefined;
  readonly fields: readonly OperandInput[];
}

/** A key, a number, or an operation of its own. */
export type OperandInput = string | number | OperationInput;

export interface OperationInput {
  readonly operator: string | undefined;
  readonly fields: readonly OperandInput[];
}
