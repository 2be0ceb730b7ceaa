/** Applies all rules to the facts. Pure. */

import type { TableNames } from "../../../lib/store/client.ts";
import type { Item } from "../../../lib/store/row.ts";
import type { Facts } from "./facts.ts";
import { deletedRules } from "./rules/deleted.ts";
import { nameRules } from "./rules/names.ts";
import type { Rules, Settings, Subject } from "./rules/rule.ts";
import { trustedSecretRules } from "./rules/trusted-secrets.ts";
import { versionRules } from "./rules/versions.ts";

/** A row that breaks a rule. */
export interface Finding {
  readonly rule: string;
  readonly table: keyof TableNames;
  readonly key: Item;
  readonly detail: string;
  /** The secret whose rows decide it; `null` if the row alone does. */
  readonly about: Subject | null;
}

const rules: Rules = { ...nameRules, ...trustedSecretRules, ...versionRules, ...deletedRules };

/** The rule about the shape of single rows. */
const shapeRule = "malformed-row";

export const ruleNames: readonly string[] = [shapeRule, ...Object.keys(rules)];

export function findBreaches(facts: Facts, settings: Settings): Finding[] {
  const malformed = facts.malformed.map(({ fault, ...row }) => ({
    rule: shapeRule,
    ...row,
    detail: fault,
    about: null,
  }));
  const breaches = Object.entries(rules).flatMap(([rule, { table, find }]) =>
    [...find(facts, settings)].map((breach) => ({ rule, table, ...breach })),
  );
  return [...malformed, ...breaches];
}

/** Whether two findings have the same rule and row, whatever their details. */
export function isSame(one: Finding, other: Finding): boolean {
  return one.rule === other.rule && JSON.stringify(one.key) === JSON.stringify(other.key);
}
