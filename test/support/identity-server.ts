/** An identity service that knows every service account and project. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { close, listen } from "../../tools/local/loopback.ts";

export interface LocalIdentity {
  readonly url: string;
  close(): Promise<void>;
}

/** A service account `sa-x` has the provider `aws` and the project `project-x`. */
export async function startIdentity(): Promise<LocalIdentity> {
  const server = createServer((request, response) => void answer(request, response));
  const url = await listen(server, 0);
  return { url, close: async () => await close(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message: { readonly service_account_id?: unknown } = Object(await json(request));
  const project = String(message.service_account_id).replace(/^sa-/, "project-");
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ provider: "aws", project_info: { project_id: project } }));
}
