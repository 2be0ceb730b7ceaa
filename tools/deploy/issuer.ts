/** Checks the tokens' issuer by its metadata, and warns of providers that add scopes by default. */

import * as v from "valibot";
import { systemScope } from "../../lib/http/routes.ts";

export interface IssuerReport {
  /** Why a deployment with this issuer would refuse every token; `null` if nothing is wrong. */
  readonly fault: string | null;
  readonly warnings: readonly string[];
}

const timeoutMs = 5_000;

const metadataSchema = v.object({ issuer: v.string(), scopes_supported: v.optional(v.array(v.string()), []) });

/** What scopes a token gets at each provider if its client requests none. Sources are named in docs/callers/. */
const defaultScopes: readonly { readonly host: RegExp; readonly says: string }[] = [
  {
    host: /^cognito-idp\./,
    says: "Cognito puts all scopes of a client into its token if the client asks for none",
  },
  {
    host: /\.okta(preview)?\.com$/,
    says: "Okta puts its default scopes into a token if the client asks for none",
  },
  {
    host: /^login\.microsoftonline\./,
    says: "Entra ID puts all app roles of a client into each of its tokens",
  },
];

/** A warning for a known provider; `null` for any other. */
export function warnOfDefaults(issuer: string): string | null {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : "";
  const known = defaultScopes.find((row) => row.host.test(host));
  return known === undefined ? null : `${known.says}. If ${systemScope} is among them, the token opens every domain.`;
}

/** Reads the issuer's discovery document, which API Gateway reads at deployment, too. */
export async function askIssuer(issuer: string): Promise<IssuerReport> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  let answer: unknown;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    answer = response.ok ? await response.json() : `status ${response.status}`;
  } catch (error) {
    answer = error instanceof Error ? error.name : "no answer";
  }
  const parsed = v.safeParse(metadataSchema, answer);
  if (!parsed.success) {
    const reason = typeof answer === "string" ? answer : "no metadata of an issuer";
    return { fault: null, warnings: [`${url} could not be read (${reason}). API Gateway must be able to read it.`] };
  }
  const { issuer: itself, scopes_supported: scopes } = parsed.output;
  return { fault: itself === issuer ? null : nameFault(itself, issuer), warnings: warnOfScopes(scopes) };
}

function nameFault(itself: string, issuer: string): string {
  return `The issuer calls itself ${JSON.stringify(itself)}, not ${JSON.stringify(issuer)}: set jwtIssuer (JWT_ISSUER) to exactly that. API Gateway compares it with the tokens' "iss" to the last character, a slash at the end included.`;
}

function warnOfScopes(scopes: readonly string[]): readonly string[] {
  const offered = scopes.find((scope) => scope.replace("/", ":") === systemScope);
  if (offered === undefined) return [];
  return [`The issuer offers the scope ${offered}. No client may have it by default: its token opens every domain.`];
}
