/** Passes a request on to another server, and its answer back, both as they come. */

import { type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

/** To the same path at another origin, whose page the request is not from. */
export async function forward(request: IncomingMessage, response: ServerResponse, origin: string): Promise<void> {
  const { host: _, connection: __, origin: ___, ...headers } = request.headers;
  const { hostname, port } = new URL(origin);
  const forwarded = requestHttp({ hostname, port, path: request.url, method: request.method, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    forwarded.once("response", resolve).once("error", reject);
  });
  const [answer] = await Promise.all([answered, pipeline(request, forwarded)]);
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, response);
}
