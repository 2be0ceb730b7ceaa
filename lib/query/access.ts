/** The cheapest way to the rows that a query is about. Pure. */

import type { Condition } from "./condition.ts";

/** Fields whose values lead to single rows, the more selective first. */
export const keyFields = ["secret_id", "name"] as const;

/** Fields by which there is an index, the more selective first. */
export const indexedFields = ["service_account_id", "trusted_secret_id", "project_id"] as const;

type SelectiveField = (typeof keyFields | typeof indexedFields)[number];

/** Rows with one of these values in this field, which is just what `condition` asks. */
export interface Access<Field extends SelectiveField> {
  readonly field: Field;
  readonly values: readonly string[];
  readonly condition: Condition;
}

/** Up to how many values it is cheaper: ids and names are fetched a hundred at a time, of an index each is a request. */
const maxValues: { readonly [Field in SelectiveField]: number } = {
  secret_id: 100,
  name: 100,
  service_account_id: 8,
  trusted_secret_id: 8,
  project_id: 8,
};

/**
 * @param filter conditions that all hold
 * @returns `null` where none of the fields is asked for by few enough values
 */
export function chooseAccess<Field extends SelectiveField>(
  filter: readonly Condition[],
  fields: readonly Field[],
): Access<Field> | null {
  for (const field of fields) {
    for (const condition of filter) {
      const values = condition.path?.key === field ? selectedValues(condition) : undefined;
      if (values !== undefined && values.length <= maxValues[field]) return { field, values, condition };
    }
  }
  return null;
}

/** The texts that the field must be one of; beside them only null is ever in these fields, which selects nothing. */
function selectedValues({ predicate, negated }: Condition): readonly string[] | undefined {
  if (negated || predicate.kind !== "equal" || predicate.values.includes(null)) return undefined;
  return [...new Set(predicate.values.filter((value) => typeof value === "string"))];
}
