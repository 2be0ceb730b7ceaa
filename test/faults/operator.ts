/** An operator who restores deleted secrets, with answers in the form of a function's. */

import { SecretError } from "../../lib/base/errors.ts";
import type { Database } from "../../lib/store/client.ts";
import { undelete } from "../../tools/ops/undeletion/undelete.ts";
import type { Message, Outcome } from "../support/functions.ts";

const refused = 404;

export type Operator = (message: Message) => Promise<Outcome>;

/** Restores the secret in the message. */
export function operatorOn(database: Database): Operator {
  return async ({ domain_id, secret_id }) => {
    try {
      const request = { domainId: domain_id, secretId: String(secret_id), now: new Date() };
      const result = await undelete(database, request);
      return { kind: "answer", status: result.kind === "done" ? 200 : refused, body: { ...result } };
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      return { kind: "answer", status: 503, body: { code: error.code } };
    }
  };
}
