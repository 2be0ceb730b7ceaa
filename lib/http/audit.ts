/** One line a call: who did what to which secret, and how it ended. Never data. */

import { type LogLine, log } from "../base/log.ts";
import type { Route } from "./routes.ts";

/** The way in: through the gateway, by the function's name, or by one of its aliases. */
export type Via = "http" | "direct" | "alias";

export interface AuditEntry {
  readonly requestId: string;
  readonly caller: string;
  readonly via: Via;
  readonly domainId: string | null;
  readonly method: Route;
  readonly secretId: string | null;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  readonly startedAt: Date;
}

/** Longer texts can only come from requests that were refused. */
const maxCharacters = 1024;

export function audit(entry: AuditEntry): void {
  const line: LogLine = {
    level: "INFO",
    message: "audit",
    time: new Date().toISOString(),
    request_id: entry.requestId,
    caller: cut(entry.caller),
    via: entry.via,
    domain_id: entry.domainId === null ? null : cut(entry.domainId),
    method: entry.method,
    secret_id: entry.secretId === null ? null : cut(entry.secretId),
    outcome: entry.outcome,
    ms: Date.now() - entry.startedAt.getTime(),
  };
  log(line);
}

function cut(text: string): string {
  return text.slice(0, maxCharacters);
}
