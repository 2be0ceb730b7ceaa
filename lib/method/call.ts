/** What every method is given beside its request. */

import type { CallOptions } from "../base/async.ts";
import type { Principal } from "../secret/principal.ts";

export interface Call extends CallOptions {
  readonly principal: Principal;
  readonly now: Date;
  /** Time left of the invocation. */
  readonly remainingMs: () => number;
}

/** A verb of the API: a function of its request, the caller and the ports it uses. */
export type Method<Request, Ports, Result> = (request: Request, call: Call, ports: Ports) => Promise<Result>;
