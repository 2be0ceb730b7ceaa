/** An identity service that knows every service account and project, and nothing else. */

import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { close, listen } from "../../local/listen.ts";

export interface LocalIdentity {
  readonly url: string;
  close(): Promise<void>;
}

/** A service account `sa-x` is of the provider `aws` and the project `project-x`. */
export async function startIdentity(): Promise<LocalIdentity> {
  const server = createServer(async (request, response) => {
    const message: { service_account_id?: unknown } = Object(await json(request));
    const project = String(message.service_account_id).replace(/^sa-/, "project-");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ provider: "aws", project_info: { project_id: project } }));
  });
  const url = await listen(server, 0);
  return { url, close: async () => await close(server) };
}
