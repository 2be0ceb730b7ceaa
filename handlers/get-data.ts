import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { getData } from "../lib/method/get-data.ts";
import { parseGetData } from "../lib/request/messages.ts";
import { callerRules, flag } from "../lib/wiring/environment.ts";
import { cachedKeyService, dataReads } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "get-data",
  parse: parseGetData,
  method: getData,
  ports: { secrets: dataReads(), keys: cachedKeyService(), sealedOnly: flag("SEALED_ONLY") },
  callers: callerRules(),
});
