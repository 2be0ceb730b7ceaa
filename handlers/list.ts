import { type Endpoint, endpoint } from "../lib/http/endpoint.ts";
import { list } from "../lib/method/list.ts";
import { parseList } from "../lib/request/list.ts";
import { callerRules } from "../lib/wiring/environment.ts";
import { secretRows } from "../lib/wiring/ports.ts";

export const handler: Endpoint = endpoint({
  route: "list",
  parse: parseList,
  method: list,
  ports: { rows: secretRows() },
  callers: callerRules(),
});
