/** The eight functions as in one container, on the given ports. */

import type { KeyService } from "../../lib/crypto/key-service.ts";
import { type Endpoint, type EndpointOptions, endpoint } from "../../lib/http/endpoint.ts";
import type { Route } from "../../lib/http/routes.ts";
import { create } from "../../lib/method/create.ts";
import { deleteSecret } from "../../lib/method/delete.ts";
import { get } from "../../lib/method/get.ts";
import { getData } from "../../lib/method/get-data.ts";
import { list } from "../../lib/method/list.ts";
import { stat } from "../../lib/method/stat.ts";
import { update } from "../../lib/method/update.ts";
import { updateData } from "../../lib/method/update-data.ts";
import { parseList } from "../../lib/request/list.ts";
import {
  parseCreate,
  parseDelete,
  parseGet,
  parseGetData,
  parseUpdate,
  parseUpdateData,
} from "../../lib/request/messages.ts";
import { parseStat } from "../../lib/request/stat.ts";
import { builtInProviders } from "../../lib/secret/secret.ts";
import type { SecretRows, SecretStore } from "../../lib/store/secret-store.ts";
import type { UndeleteRequest, Undeletion } from "../../tools/ops/undeletion/undelete.ts";
import { callerRules } from "../http/events.ts";
import type { Random } from "./random.ts";

export interface Container {
  readonly endpoints: { readonly [Name in Route]: Endpoint };
  /** The operator's tool, on the same backends. */
  readonly undelete: (request: UndeleteRequest) => Promise<Undeletion>;
  /** From now on its backends fail at random by these choices; `null`: they do not fail. */
  misbehave(random: Random | null): void;
  /** Waits until no backend is working on its requests. */
  settle(): Promise<void>;
}

/** So few that versions are dropped. */
export const versionsKept = 3;

export interface Ports {
  readonly secrets: SecretStore;
  readonly rows: SecretRows;
  readonly keys: KeyService;
}

export function endpointsOn({ secrets, rows, keys }: Ports): Container["endpoints"] {
  const placing = { secrets, keys, identity: null, providers: builtInProviders, versionsKept };
  return {
    create: make({ route: "create", parse: parseCreate, method: create, ports: placing }),
    update: make({ route: "update", parse: parseUpdate, method: update, ports: { secrets, identity: null } }),
    delete: make({ route: "delete", parse: parseDelete, method: deleteSecret, ports: { secrets, keptDays: 7 } }),
    "update-data": make({ route: "update-data", parse: parseUpdateData, method: updateData, ports: placing }),
    "get-data": make({
      route: "get-data",
      parse: parseGetData,
      method: getData,
      ports: { secrets: { ...secrets, readAhead: async () => secrets }, keys, sealedOnly: false },
    }),
    get: make({ route: "get", parse: parseGet, method: get, ports: { secrets } }),
    list: make({ route: "list", parse: parseList, method: list, ports: { rows } }),
    stat: make({ route: "stat", parse: parseStat, method: stat, ports: { rows } }),
  };
}

function make<Request extends { readonly domain_id: string }, Ports, Result extends object>(
  options: Omit<EndpointOptions<Request, Ports, Result>, "callers">,
): Endpoint {
  return endpoint({ ...options, callers: callerRules });
}
