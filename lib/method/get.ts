/** get: a secret's metadata. */

import { compileSelection, type ShownRow, toSelection } from "../query/selection.ts";
import type { GetRequest } from "../request/messages.ts";
import type { SecretReads } from "../store/secret-store.ts";
import { type Call, getVisibleSecret } from "./call.ts";

export interface GetPorts {
  readonly secrets: Pick<SecretReads, "findSecret">;
}

/** @throws ERROR_NOT_FOUND, ERROR_DB_QUERY (an unknown name in `only`), ERROR_UNAVAILABLE */
export async function get(request: GetRequest, call: Call, ports: GetPorts): Promise<ShownRow> {
  const show = compileSelection(request.only === null ? null : toSelection(request.only));
  const secret = await getVisibleSecret(request.domain_id, request.secret_id, call, ports.secrets);
  return show({ ...secret });
}
