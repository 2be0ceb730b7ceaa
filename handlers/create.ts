import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { create } from "../lib/method/create.ts";
import { parseCreate } from "../lib/request/messages.ts";
import { callerRules, providerBySchema } from "../lib/wiring/environment.ts";
import { identity, keyService, secretCreates } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "create",
  parse: parseCreate,
  method: create,
  ports: { secrets: secretCreates(), keys: keyService(), identity: identity(), providers: providerBySchema() },
  callers: callerRules(),
});
