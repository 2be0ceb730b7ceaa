import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { get } from "../lib/method/get.ts";
import { parseGet } from "../lib/request/messages.ts";
import { callerRules } from "../lib/wiring/environment.ts";
import { secretReads } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "get",
  parse: parseGet,
  method: get,
  ports: { secrets: secretReads() },
  callers: callerRules(),
});
