/** An HTTP proxy in front of a service that loses, delays or invents answers. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { listen } from "../../tools/local/loopback.ts";

/** The request is not served: the connection breaks, or hangs. */
type Unserved = "lose-request" | "hang";

/** The request is served, but its answer is lost, or hangs: from the beginning, or in the middle. */
type Unanswered = "lose-answer" | "cut-answer" | "hang-answer" | "stall-answer";

export type Fate = "serve" | Unserved | Unanswered | Answer | Delay;

/** An answer that the proxy invents. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Serves the request later. */
export interface Delay {
  readonly delayMs: number;
}

export interface ProxiedRequest {
  /** `GetItem`, `TransactWriteItems`, …; for other services the path. */
  readonly operation: string;
  readonly body: { readonly [name: string]: unknown };
}

export type Choice = Fate | ((request: ProxiedRequest) => Fate | Promise<Fate>);

export class FaultProxy {
  /** All requests so far. */
  requests: ProxiedRequest[] = [];
  /** The fates of the next requests, one each. Later requests get `otherwise`. */
  fates: Choice[] = [];
  otherwise: Choice = "serve";
  /** Called for each request that the service has answered, before the answer goes on. */
  onServed: (request: ProxiedRequest) => void = () => undefined;
  /** The number of requests that the service works on, or will. */
  underWay = 0;
  /** The number of hanging requests that their senders still wait for. */
  hanging = 0;
  readonly #server: Server;
  readonly #target: string;
  url = "";

  constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server, 0);
    return this;
  }

  /** Forgets all requests and fates. */
  reset(): void {
    this.requests = [];
    this.fates = [];
    this.otherwise = "serve";
    this.onServed = () => undefined;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    const operation = request.headers["x-amz-target"]?.toString().replace(/^.*\./, "") ?? request.url ?? "";
    const proxied: ProxiedRequest = { operation, body: JSON.parse(sent) };
    this.requests.push(proxied);
    const choice = this.fates.shift() ?? this.otherwise;
    const fate = typeof choice === "function" ? await choice(proxied) : choice;
    if (fate === "hang") {
      this.hanging += 1;
      response.once("close", () => {
        this.hanging -= 1;
      });
      return;
    }
    if (fate === "lose-request") {
      request.socket.destroy();
      return;
    }
    if (typeof fate === "object" && "status" in fate) {
      reply(response, fate);
      return;
    }
    this.underWay += 1;
    try {
      if (typeof fate === "object") await setTimeout(fate.delayMs);
      const answer = await this.#serve(request, sent);
      this.onServed(proxied);
      passOn(response, answer, fate);
    } finally {
      this.underWay -= 1;
    }
  }

  async #serve(request: IncomingMessage, body: string): Promise<Answer> {
    const names = ["x-amz-target", "content-type", "authorization", "x-amz-date"];
    const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
    const answer = await fetch(new URL(request.url ?? "/", this.#target), { method: "POST", headers, body });
    return { status: answer.status, body: await answer.text() };
  }
}

function passOn(response: ServerResponse, answer: Answer, fate: "serve" | Unanswered | Delay): void {
  switch (fate) {
    case "hang-answer":
      return;
    case "lose-answer":
      response.destroy();
      return;
    case "cut-answer":
    case "stall-answer":
      begin(response, answer, () => fate === "cut-answer" && response.destroy());
      return;
    default:
      reply(response, answer);
  }
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
  response.end(textOf(body));
}

/** Sends the head and half of the body. */
function begin(response: ServerResponse, { status, body }: Answer, then: () => void): void {
  const bytes = Buffer.from(textOf(body));
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0", "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), then);
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** An error in DynamoDB's form. */
export function failure(
  name: string,
  { status = 400, ...fields }: { readonly status?: number; readonly [name: string]: unknown } = {},
): Answer {
  return {
    status,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${name} made up`, ...fields },
  };
}

/** A cancelled transaction with these codes as reasons. */
export function cancelled(...codes: readonly string[]): Answer {
  return failure("TransactionCanceledException", { CancellationReasons: codes.map((Code) => ({ Code })) });
}
