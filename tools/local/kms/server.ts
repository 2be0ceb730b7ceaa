/**
 * A KMS endpoint for the local stack: AWS JSON 1.1 over HTTP on the loopback interface, with real cryptography and
 * faults for tests. Requests must be signed, but the signature is not checked: everybody may use the keys.
 */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import * as v from "valibot";
import { close, listen, takeOwnRequests } from "../loopback.ts";
import { Keyring } from "./keyring.ts";
import { KmsError, type KmsErrorCode, kmsErrorStatus } from "./kms-error.ts";
import { isKmsOperation, type KmsOperation, operations } from "./operations.ts";

export interface KmsOptions {
  /** Default: 0, a free port. */
  readonly port?: number;
  /** Folder of the key file, created if missing. */
  readonly dir: string;
  readonly region?: string;
  /** Alias of the key that is created at the first start. */
  readonly alias?: string;
}

/** A running KMS endpoint. */
export interface LocalKms {
  readonly url: string;
  /** ARN of the alias's key. */
  readonly keyId: string;
  readonly faults: Faults;
  /** Numbers of requests so far by operation, including failed ones. Live. */
  readonly requests: Readonly<Partial<Record<KmsOperation, number>>>;
  close(): Promise<void>;
}

interface Kms {
  readonly keyring: Keyring;
  readonly faults: Faults;
  readonly requests: Partial<Record<KmsOperation, number>>;
}

interface FaultScope {
  /** Absent: all operations. */
  readonly operation?: KmsOperation | undefined;
  /** How many requests it affects. Absent: all, until it is cleared. */
  readonly times?: number | undefined;
}

/** `error` answers with it; `delay` waits, then answers as usual; `drop` ends the connection without an answer. */
export type Fault = FaultScope &
  (
    | { readonly kind: "error"; readonly error: KmsErrorCode }
    | { readonly kind: "delay"; readonly delayMs: number }
    | { readonly kind: "drop" }
  );

const scope = {
  operation: v.optional(v.custom<KmsOperation>((name) => typeof name === "string" && isKmsOperation(name))),
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
};
const faultSchema = v.variant("kind", [
  v.strictObject({
    ...scope,
    kind: v.literal("error"),
    error: v.custom<KmsErrorCode>((code) => typeof code === "string" && Object.hasOwn(kmsErrorStatus, code)),
  }),
  v.strictObject({ ...scope, kind: v.literal("delay"), delayMs: v.pipe(v.number(), v.minValue(0)) }),
  v.strictObject({ ...scope, kind: v.literal("drop") }),
]);

/** The active faults, in the order in which they were added. */
class Faults {
  #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The faults that affect this request. Counts them as used. */
  take(operation: KmsOperation): readonly Fault[] {
    const met = this.#faults.filter(({ fault }) => (fault.operation ?? operation) === operation);
    for (const entry of met) {
      entry.left -= 1;
    }
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    return met.map(({ fault }) => fault);
  }
}

/** Starts the endpoint on 127.0.0.1. Other processes can set faults by `POST` and `DELETE /admin/faults`. */
export async function startKms({
  port = 0,
  dir,
  region = "us-east-1",
  alias = "alias/secret-local",
}: KmsOptions): Promise<LocalKms> {
  const kms: Kms = { keyring: new Keyring(join(dir, "kms-keys.json"), region), faults: new Faults(), requests: {} };
  const keyId = kms.keyring.arn(kms.keyring.ensureAlias(alias).id);
  const server = createServer((request, response) => {
    answer(kms, request, response).catch((error: unknown) => fail(response, error));
  });
  takeOwnRequests(server);
  const url = await listen(server, port);
  return { url, keyId, faults: kms.faults, requests: kms.requests, close: async () => await close(server) };
}

async function answer(kms: Kms, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.startsWith("/admin/") === true) {
    await administer(kms, request, response);
    return;
  }
  const operation = identifyOperation(request);
  kms.requests[operation] = (kms.requests[operation] ?? 0) + 1;
  const input: unknown = await readJson(request);
  for (const fault of kms.faults.take(operation)) {
    if (fault.kind === "drop") {
      request.socket.destroy();
      return;
    }
    if (fault.kind === "error") {
      throw new KmsError(fault.error, "As ordered by a test.");
    }
    await setTimeout(fault.delayMs, undefined, { ref: false });
  }
  reply(response, 200, operations[operation](input, kms.keyring));
}

function identifyOperation({ headers }: IncomingMessage): KmsOperation {
  if (headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") !== true) {
    throw new KmsError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const operation = String(headers["x-amz-target"]).replace(/^TrentService\./, "");
  if (!isKmsOperation(operation)) {
    throw new KmsError("UnknownOperationException");
  }
  return operation;
}

/** The routes for tests that run in another process. */
async function administer(kms: Kms, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case "POST /admin/faults":
      kms.faults.add(parseFault(await readJson(request)));
      return reply(response, 200, {});
    case "DELETE /admin/faults":
      kms.faults.clear();
      return reply(response, 200, {});
    case "GET /admin/requests":
      return reply(response, 200, kms.requests);
    default:
      return reply(response, 404, { message: "Not Found" });
  }
}

/** @throws ValidationException */
function parseFault(value: unknown): Fault {
  const parsed = v.safeParse(faultSchema, value);
  if (!parsed.success) {
    throw new KmsError("ValidationException", v.summarize(parsed.issues));
  }
  return parsed.output;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch (cause) {
    throw new KmsError("SerializationException", String(cause));
  }
}

function fail(response: ServerResponse, error: unknown): void {
  const { code, message } = error instanceof KmsError ? error : new KmsError("KMSInternalException", String(error));
  reply(response, kmsErrorStatus[code], { __type: code, message });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() });
  response.end(JSON.stringify(body));
}
