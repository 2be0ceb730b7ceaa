import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { update } from "../lib/method/update.ts";
import { parseUpdate } from "../lib/request/messages.ts";
import { callerRules } from "../lib/wiring/environment.ts";
import { identity, secretChanges } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "update",
  parse: parseUpdate,
  method: update,
  ports: { secrets: secretChanges(), identity: identity() },
  callers: callerRules(),
});
