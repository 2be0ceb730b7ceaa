/** How large an answer may be. */

import { SecretError } from "./errors.ts";

/** Lambda returns 6 MB at most, counted on the JSON that it makes of the answer; some room is for its frame. */
export const maxAnswerBytes = 6_275_072;

/** @throws ERROR_DB_QUERY when an answer of this size could not be returned */
export function assertAnswerFits(bytes: number): void {
  if (bytes <= maxAnswerBytes) return;
  throw new SecretError("ERROR_DB_QUERY", {
    reason: "the answer is larger than the 6 MB that a function can return: ask for a page of it with page.limit",
  });
}
