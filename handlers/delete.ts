import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { deleteSecret } from "../lib/method/delete.ts";
import { parseDelete } from "../lib/request/messages.ts";
import { callerRules, deletedKeptDays } from "../lib/wiring/environment.ts";
import { secretDeletes } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "delete",
  parse: parseDelete,
  method: deleteSecret,
  ports: { secrets: secretDeletes(), keptDays: deletedKeptDays() },
  callers: callerRules(),
});
