/** A trusted secret exists, trusts none itself, and counts the secrets that trust it. */

import { type Facts, place } from "../facts.ts";
import type { SecretRow } from "../row-shapes.ts";
import { breachOfSecret, type Rules, wellFormed } from "./rule.ts";

export const trustedSecretRules: Rules = {
  "trusted-secret-missing": {
    table: "secrets",
    *find({ secrets }) {
      for (const { secret, trustedId } of dependentsIn(secrets)) {
        const isThere = secrets.has(place(secret.domain_id, trustedId));
        if (!isThere) yield breachOfSecret(secret, `there is no ${trustedId}`);
      }
    },
  },
  "trusted-secret-is-dependent": {
    table: "secrets",
    *find({ secrets }) {
      for (const { secret, trustedId } of dependentsIn(secrets)) {
        const itsOwn = secrets.get(place(secret.domain_id, trustedId))?.trusted_secret_id;
        if (itsOwn !== undefined) yield breachOfSecret(secret, `${trustedId} names ${itsOwn} itself`);
      }
    },
  },
  "dependents-miscounted": {
    table: "secrets",
    *find({ secrets }) {
      const counts = new Map<string, number>();
      for (const { secret, trustedId } of dependentsIn(secrets)) {
        const trusted = place(secret.domain_id, trustedId);
        counts.set(trusted, (counts.get(trusted) ?? 0) + 1);
      }
      for (const secret of wellFormed(secrets)) {
        const actual = counts.get(place(secret.domain_id, secret.secret_id)) ?? 0;
        if (secret.dependents !== actual) {
          yield breachOfSecret(secret, `${secret.dependents} are counted, ${actual} name it`);
        }
      }
    },
  },
};

/** The secrets that trust another one. */
function* dependentsIn(secrets: Facts["secrets"]): Generator<{ secret: SecretRow; trustedId: string }> {
  for (const secret of wellFormed(secrets)) {
    if (secret.trusted_secret_id !== undefined) yield { secret, trustedId: secret.trusted_secret_id };
  }
}
