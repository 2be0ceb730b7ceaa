/** get: returns a secret's metadata. */

import { compileSelection, type ShownRow, toSelection } from "../query/selection.ts";
import type { GetRequest } from "../request/messages.ts";
import type { SecretReads } from "../store/secret-store.ts";
import { type Call, isMeant, readReferenced } from "./call.ts";

export interface GetPorts {
  readonly secrets: Pick<SecretReads, "findSecret" | "findIdByName">;
}

/** @throws ERROR_NOT_FOUND, ERROR_DB_QUERY (an unknown name in `only`), ERROR_UNAVAILABLE */
export async function get(request: GetRequest, call: Call, { secrets }: GetPorts): Promise<ShownRow> {
  const show = compileSelection(request.only === null ? null : toSelection(request.only));
  return await readReferenced(request, call, secrets, async (secretId) => {
    const secret = await secrets.findSecret(request.domain_id, secretId, call);
    return isMeant(secret, request.name, call) ? show({ ...secret }) : undefined;
  });
}
