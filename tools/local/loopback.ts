/**
 * How every server of the local stack listens: only on the loopback interface, and only for programs and its own pages.
 * Any web page in the developer's browser could reach that interface, too.
 */

import { once } from "node:events";
import { Server as HttpServer, type IncomingMessage } from "node:http";
import { createServer, type Server } from "node:net";

export const host = "127.0.0.1";

/** Longer than clients keep one. After Node's 5 s, a client on a busy machine may send on a connection that is being closed. */
export const keepAliveMs = 600_000;

interface Refusal {
  readonly status: 403 | 421;
  readonly sentence: string;
}

const names = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Starts to listen, and returns the URL.
 * @throws PortTakenError
 */
export async function listen(server: Server, port: number): Promise<string> {
  if (server instanceof HttpServer) server.keepAliveTimeout = keepAliveMs;
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, "listening");
  } catch (error) {
    throw isPortTaken(error) ? new PortTakenError(port) : error;
  }
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("A TCP server has no port.");
  }
  return `http://${host}:${address.port}`;
}

/**
 * Checks a port before anything is started.
 * @throws PortTakenError
 */
export async function assertFree(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  const closed = once(server, "close");
  server.close();
  await closed;
}

/** Closes a server with all its connections, even those in use. */
export async function close(server: HttpServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Another process listens on the port. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is taken: stop what listens there, or set PORT to another port (PORT=0 takes free ones).`);
    this.port = port;
  }
}

/**
 * Refuses requests from web pages of other origins before the server's listeners see them. Requests from programs, from
 * its own pages and from `origins` pass. Applies to the listeners that the server has now.
 */
export function takeOwnRequests<Taking extends HttpServer>(server: Taking, origins: readonly string[] = []): Taking {
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const refusal = findRefusal(request, origins);
    if (refusal === undefined) {
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
    } else {
      response.writeHead(refusal.status, { "content-type": "text/plain; charset=utf-8" }).end(refusal.sentence);
    }
  });
  return server;
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function findRefusal(
  { headers: { host, origin }, socket }: IncomingMessage,
  origins: readonly string[],
): Refusal | undefined {
  const hosts = names.map((name) => new URL(`http://${name}:${socket.localPort}`).host);
  // DNS rebinding: under another name for this address, an attacker's page would have the same origin.
  if (host === undefined || !hosts.includes(host)) return { status: 421, sentence: "This is another host." };
  if (origin === undefined || origin === `http://${host}` || origins.includes(origin)) return undefined;
  return { status: 403, sentence: "Pages of other origins are not served." };
}
