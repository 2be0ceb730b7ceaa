import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { stat } from "../lib/method/stat.ts";
import { parseStat } from "../lib/request/stat.ts";
import { callerRules } from "../lib/wiring/environment.ts";
import { secretRows } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "stat",
  parse: parseStat,
  method: stat,
  ports: { rows: secretRows() },
  callers: callerRules(),
});
