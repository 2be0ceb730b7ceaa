/** The cheapest way to the rows that a query is about. Pure. */

import type { Condition } from "./condition.ts";

/** Fields by whose values rows are found without reading a whole domain, the most selective first. */
const selectiveFields = ["secret_id", "name", "service_account_id", "trusted_secret_id", "project_id"] as const;

/** Rows with one of these values in this field, which is just what `condition` asks. */
export interface Access {
  readonly field: (typeof selectiveFields)[number];
  readonly values: readonly string[];
  readonly condition: Condition;
}

/** Up to how many values it is cheaper: ids and names are fetched a hundred at a time, of an index each is a request. */
const maxValues: { readonly [Field in Access["field"]]: number } = {
  secret_id: 100,
  name: 100,
  service_account_id: 8,
  trusted_secret_id: 8,
  project_id: 8,
};

/**
 * @param filter conditions that all hold
 * @returns `null` where the whole domain must be read
 */
export function chooseAccess(filter: readonly Condition[]): Access | null {
  for (const field of selectiveFields) {
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
