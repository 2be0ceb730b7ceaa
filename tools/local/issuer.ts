/** The local stack's token issuer: OpenID Connect discovery, JWKS, and tokens with any requested claims. */

import { AssertionError } from "node:assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import {
  type MutableResponse,
  type MutableToken,
  OAuth2Issuer,
  OAuth2Service,
  type TokenRequestIncomingMessage,
} from "oauth2-mock-server";
import * as v from "valibot";
import { isObject } from "../../lib/base/json.ts";
import { reasonOf } from "./folder.ts";
import { close, listen, takeOwnRequests } from "./loopback.ts";

export interface IssuerOptions {
  /** Default: 0, a free port. */
  readonly port?: number;
  /** Folder for the signing key, so that tokens stay valid after a restart on the same port. */
  readonly dir: string;
}

/** A running issuer; `url` is the tokens' `iss`. */
export interface LocalIssuer {
  readonly url: string;
  close(): Promise<void>;
}

/** The tokens' audience, as in serverless.yml. */
export const audience = "secret";
const lifetimeSeconds = 3600;

/** The form fields of `POST /token` besides `grant_type`. The library handles `scope` and `aud`. */
const formSchema = v.object({
  client_id: v.optional(v.string(), "local"),
  aud: v.optional(v.union([v.string(), v.array(v.string())]), audience),
  domain_id: v.optional(v.string()),
  /** Separated by commas. */
  projects: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(",").filter((project) => project !== "")),
    ),
  ),
  /** Any claims, as a JSON object. They override the other fields. */
  claims: v.optional(v.pipe(v.string(), v.parseJson(), v.custom<object>(isObject))),
  /** Seconds; with a negative number the token is already expired. */
  expires_in: v.optional(v.pipe(v.string(), v.regex(/^-?\d{1,9}$/), v.transform(Number)), String(lifetimeSeconds)),
});

/**
 * Starts it on 127.0.0.1. `POST /token` with `grant_type=client_credentials` returns a token. Form fields set its
 * claims: `domain_id`, `scope` (separated by spaces), `projects` (separated by commas), `client_id`, `aud`,
 * `expires_in` and `claims` (a JSON object).
 */
export async function startIssuer({ port = 0, dir }: IssuerOptions): Promise<LocalIssuer> {
  const issuer = new OAuth2Issuer();
  const service = new OAuth2Service(issuer);
  await loadKey(issuer, join(dir, "issuer-key.json"));
  service.on("beforeTokenSigning", ({ payload }: MutableToken, { body }: TokenRequestIncomingMessage) => {
    const { client_id, aud, domain_id, projects, expires_in, claims } = parseForm(body);
    Object.assign(payload, { sub: client_id, aud, exp: payload.iat + expires_in });
    Object.assign(payload, domain_id !== undefined && { domain_id }, projects && { projects }, claims);
  });
  service.on("beforeResponse", (response: MutableResponse, { body }: TokenRequestIncomingMessage) => {
    Object.assign(response.body, { expires_in: parseForm(body).expires_in });
  });
  const server = takeOwnRequests(createServer(service.requestHandler));
  const url = await listen(server, port);
  issuer.url = url;
  return { url, close: async () => await close(server) };
}

/** @throws AssertionError, to which the library answers 400 */
function parseForm(body: unknown): v.InferOutput<typeof formSchema> {
  const parsed = v.safeParse(formSchema, body);
  if (!parsed.success) throw new AssertionError({ message: v.summarize(parsed.issues) });
  return parsed.output;
}

async function loadKey(issuer: OAuth2Issuer, path: string): Promise<void> {
  if (existsSync(path)) {
    await issuer.keys.add(readKey(path));
    return;
  }
  const key = await issuer.keys.generate("RS256");
  writeFileSync(path, JSON.stringify(key), { mode: 0o600 });
}

/** @throws Error that names the file. Losing the key only makes earlier tokens invalid. */
function readKey(path: string): Record<string, unknown> {
  try {
    return v.parse(v.looseObject({}), JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? "it is damaged" : reasonOf(cause);
    throw new Error(
      `The issuer's key file ${path} cannot be read: ${reason}. Without it, the next start makes a new one.`,
      {
        cause,
      },
    );
  }
}
