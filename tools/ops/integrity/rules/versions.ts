/** A secret's versions have no gap up to the current one, and are bound to the secret's trusted secret. */

import { type Facts, place, type Versions } from "../facts.ts";
import type { SecretRow } from "../row-shapes.ts";
import { breachOfSecret, breachOfVersion, type Rules, wellFormed } from "./rule.ts";

export const versionRules: Rules = {
  "secret-without-data": {
    table: "secrets",
    *find({ secrets, versions }) {
      for (const secret of wellFormed(secrets)) {
        const { domain_id, secret_id, version } = secret;
        const kept = versions.get(place(domain_id, secret_id))?.byNumber;
        if (version === undefined) yield breachOfSecret(secret, "it has no version");
        else if (kept?.has(version) !== true) yield breachOfSecret(secret, `version ${version} is not there`);
      }
    },
  },
  "data-of-no-secret": {
    table: "data",
    *find({ secrets, versions }) {
      for (const kept of versions.values()) {
        if (secrets.has(place(kept.domainId, kept.secretId))) continue;
        for (const version of kept.byNumber.keys()) yield breachOfVersion(kept, version, "there is no such secret");
      }
    },
  },
  "data-after-current": {
    table: "data",
    *find(facts) {
      for (const { secret, kept } of secretsWithData(facts)) {
        for (const version of kept.byNumber.keys()) {
          if (version > (secret.version ?? 0))
            yield breachOfVersion(kept, version, `current is ${secret.version ?? "none"}`);
        }
      }
    },
  },
  "version-gap": {
    table: "data",
    *find(facts, { versionsKept }) {
      for (const { secret, kept } of secretsWithData(facts)) {
        const current = secret.version ?? 0;
        const oldest = Math.min(...kept.byNumber.keys());
        for (let version = Math.max(oldest, current - versionsKept + 1); version < current; version++) {
          if (!kept.byNumber.has(version)) yield breachOfVersion(kept, version, `gone, but ${oldest} is there`);
        }
      }
    },
  },
  "data-of-another-trusted-secret": {
    table: "data",
    *find(facts) {
      for (const { secret, kept } of secretsWithData(facts)) {
        for (const data of wellFormed(kept.byNumber)) {
          if (data.trusted_secret_id !== secret.trusted_secret_id) {
            yield breachOfVersion(kept, data.version, `the secret names ${secret.trusted_secret_id ?? "none"}`);
          }
        }
      }
    },
  },
};

function* secretsWithData({ secrets, versions }: Facts): Generator<{ secret: SecretRow; kept: Versions }> {
  for (const kept of versions.values()) {
    const secret = secrets.get(place(kept.domainId, kept.secretId));
    if (secret) yield { secret, kept };
  }
}
