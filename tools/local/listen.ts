/** Servers of the local stack listen here: on the loopback interface only. */

import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { createServer, type Server } from "node:net";

export const host = "127.0.0.1";

/**
 * Starts to listen and tells the URL.
 * @throws PortTakenError
 */
export async function listen(server: Server, port: number): Promise<string> {
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
 * Finds out before anything is started.
 * @throws PortTakenError
 */
export async function assertFree(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  const closed = once(server, "close");
  server.close();
  await closed;
}

/** Ends a server with all its connections, those in use too. */
export async function close(server: HttpServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Somebody else listens where the stack was told to. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is taken: end what listens there, or choose others with PORT (PORT=0 takes free ones).`);
    this.port = port;
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
