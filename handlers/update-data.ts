import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { updateData } from "../lib/method/update-data.ts";
import { parseUpdateData } from "../lib/request/messages.ts";
import { callerRules, dataVersionsKept, providerBySchema } from "../lib/wiring/environment.ts";
import { identity, keyService, secretStore } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "update-data",
  parse: parseUpdateData,
  method: updateData,
  ports: {
    secrets: secretStore(),
    keys: keyService(),
    identity: identity(),
    providers: providerBySchema(),
    versionsKept: dataVersionsKept(),
  },
  callers: callerRules(),
});
