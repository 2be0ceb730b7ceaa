/**
 * Servers on the loopback interface are within reach of every page in the developer's browser. What programs and a
 * server's own pages send is let through; what pages of others send is refused, before anything is done.
 */

import type { IncomingMessage, Server } from "node:http";

interface Refusal {
  readonly status: 403 | 421;
  readonly sentence: string;
}

const names = ["127.0.0.1", "localhost", "[::1]"];

/** Puts itself before the listeners that the server has by now. */
export function takeOwnRequests<Taking extends Server>(server: Taking): Taking {
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const refusal = findRefusal(request);
    if (refusal === undefined) {
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
    } else {
      response.writeHead(refusal.status, { "content-type": "text/plain; charset=utf-8" }).end(refusal.sentence);
    }
  });
  return server;
}

function findRefusal({ headers: { host, origin }, socket }: IncomingMessage): Refusal | undefined {
  const hosts = names.map((name) => new URL(`http://${name}:${socket.localPort}`).host);
  // Under another name for this address a page of somebody else's would be of the same origin.
  if (host === undefined || !hosts.includes(host)) return { status: 421, sentence: "This is another host." };
  if (origin === undefined || origin === `http://${host}`) return undefined;
  return { status: 403, sentence: "Pages of other origins are not served." };
}
