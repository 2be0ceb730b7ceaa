/** Each reservation belongs to a secret with that name, and each secret has the reservation of its name. */

import { place } from "../facts.ts";
import { breachOfName, breachOfSecret, type Rules, wellFormed } from "./rule.ts";

export const nameRules: Rules = {
  "name-of-no-secret": {
    table: "names",
    *find({ names, secrets }) {
      for (const row of wellFormed(names)) {
        const isThere = secrets.has(place(row.domain_id, row.secret_id));
        if (!isThere) yield breachOfName(row, `there is no ${row.secret_id}`);
      }
    },
  },
  "name-of-another-name": {
    table: "names",
    *find({ names, secrets }) {
      for (const row of wellFormed(names)) {
        const secret = secrets.get(place(row.domain_id, row.secret_id));
        if (secret && secret.name !== row.name) yield breachOfName(row, `${row.secret_id} has another name`);
      }
    },
  },
  "secret-without-name": {
    table: "secrets",
    *find({ names, secrets }) {
      for (const secret of wellFormed(secrets)) {
        const isReserved = names.has(place(secret.domain_id, secret.name));
        if (!isReserved) yield breachOfSecret(secret, "its name is not reserved");
      }
    },
  },
  "name-reserved-for-another": {
    table: "secrets",
    *find({ names, secrets }) {
      for (const secret of wellFormed(secrets)) {
        const holder = names.get(place(secret.domain_id, secret.name))?.secret_id;
        if (holder !== undefined && holder !== secret.secret_id) {
          yield breachOfSecret(secret, `its name is reserved for ${holder}`);
        }
      }
    },
  },
};
