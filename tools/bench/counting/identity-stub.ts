/** An identity service that knows every service account and project, and counts what it is asked. */

import { createServer } from "node:http";
import { close, listen } from "../../local/loopback.ts";
import type { Counted } from "./counting-proxy.ts";

export interface IdentityStub {
  readonly url: string;
  /** The requests since somebody emptied it, each as its path. */
  readonly requests: Counted[];
  close(): Promise<void>;
}

export async function startIdentity(): Promise<IdentityStub> {
  const requests: Counted[] = [];
  const server = createServer((request, response) => {
    requests.push({ operation: request.url ?? "", readUnits: 0, writeUnits: 0 });
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ provider: "aws", project_info: { project_id: "project-1" } }));
  });
  const url = await listen(server, 0);
  return { url, requests, close: async () => await close(server) };
}
