import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { updateData } from "../lib/method/update-data.ts";
import { parseUpdateData } from "../lib/request/messages.ts";
import { callerRules, dataVersionsKept, providerBySchema } from "../lib/wiring/environment.ts";
import { dataAdditions, identity, keyService } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "update-data",
  parse: parseUpdateData,
  method: updateData,
  ports: {
    secrets: dataAdditions(),
    keys: keyService(),
    identity: identity(),
    providers: providerBySchema(),
    versionsKept: dataVersionsKept(),
  },
  callers: callerRules(),
});
