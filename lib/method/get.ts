/** get: a secret's metadata. */

import type { GetRequest } from "../request/get.ts";
import { type SecretInfo, toInfo } from "../secret/info.ts";
import type { SecretStore } from "../store/secret-store.ts";
import { getVisibleSecret } from "./access.ts";
import type { Call } from "./call.ts";

export interface GetPorts {
  readonly secrets: Pick<SecretStore, "findSecret">;
}

/** @throws ERROR_NOT_FOUND, ERROR_DB_QUERY (an unknown name in `only`), ERROR_UNAVAILABLE */
export async function get(request: GetRequest, call: Call, ports: GetPorts): Promise<Partial<SecretInfo>> {
  const secret = await getVisibleSecret(request.domain_id, request.secret_id, call, ports.secrets);
  return toInfo(secret);
}
