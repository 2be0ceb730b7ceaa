/** A deleted secret has all its parts until it expires, and does not exist at the same time. */

import { isDeepStrictEqual } from "node:util";
import { type Deleted, type Facts, place } from "../facts.ts";
import { breachOfDeleted, type Rules } from "./rule.ts";

export const deletedRules: Rules = {
  "deleted-and-there": {
    table: "deleted",
    *find({ deleted, secrets }) {
      for (const one of deleted.values()) {
        const isThere = secrets.has(place(one.domainId, one.secretId));
        if (isThere) yield breachOfDeleted(one, "the secret is there");
      }
    },
  },
  "deleted-without-metadata": {
    table: "deleted",
    *find(facts) {
      for (const one of keptIn(facts)) {
        if (!one.parts.has("metadata")) yield breachOfDeleted(one, "its metadata is not there");
      }
    },
  },
  "deleted-without-data": {
    table: "deleted",
    *find(facts) {
      for (const one of keptIn(facts)) {
        const [metadata, data] = [one.parts.get("metadata"), one.parts.get("data")];
        if (!metadata || data === null) continue;
        if (metadata.version !== undefined && !isDeepStrictEqual(data, metadata)) {
          yield breachOfDeleted(one, `version ${metadata.version} is not there`);
        }
      }
    },
  },
};

/** Skips expired secrets: DynamoDB removes their rows one by one, so a missing part means nothing. */
function* keptIn({ deleted }: Facts): Generator<Deleted> {
  for (const one of deleted.values()) if (!one.isOver) yield one;
}
