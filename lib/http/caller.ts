/**
 * Turns the gateway's verified claims, or the ARN that a function was invoked by, into a caller with scopes. Pure: the
 * gateway has checked the token's signature, and IAM decides who may invoke which ARN.
 */

import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { type AliasGrant, type ClaimsGrant, findByClaims } from "../secret/grants.ts";
import type { CallerRules, Principal } from "../secret/principal.ts";
import { systemScope } from "./routes.ts";

export interface Caller extends Principal {
  readonly scopes: readonly string[];
  /** Id of the grant that let the caller in; `null` if its token or IAM did. */
  readonly grant: string | null;
}

/** Any caller that IAM allows to invoke the function by its plain name. */
export const directPrincipal: Principal = { caller: "iam", domainId: null, projects: null };

/** `arn:aws:lambda:us-east-1:123456789012:function:name`, optionally with `:alias` or `:version`. */
const functionArnPattern = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::(.+))?$/;

type Claims = { readonly [name: string]: unknown };

/**
 * @param claims as API Gateway passes them: every value is a string, and a list is `[a b]`
 * @throws ERROR_AUTHENTICATE_FAILURE without claims, ERROR_PERMISSION_DENIED if they do not suffice
 */
export function identifyToken(claims: unknown, scope: string, rules: CallerRules): Caller {
  if (!isObject(claims)) {
    throw new SecretError("ERROR_AUTHENTICATE_FAILURE", { reason: "the request carries no verified token" });
  }
  const granted = findByClaims(rules.grants, claims);
  const caller = granted.length > 0 ? ofGrants(granted, claims, rules) : ofClaims(claims, rules);
  assertMay(caller, scope);
  // Fails closed: a `null` domain means every domain, which only the system scope gives.
  if (caller.domainId === null && !caller.scopes.includes(systemScope)) throw denied();
  return caller;
}

/**
 * @param functionArn `context.invokedFunctionArn`
 * @throws ERROR_PERMISSION_DENIED for an alias whose grant lacks the scope or is missing, and for a version
 */
export function identifyInvoker(functionArn: string | undefined, scope: string, rules: CallerRules): Caller {
  const qualifier = qualifierOf(functionArn);
  if (qualifier === null) return { ...directPrincipal, scopes: [systemScope], grant: null };
  const grant = rules.grants.byAlias.get(qualifier);
  if (grant === undefined) throw denied();
  const caller = ofGrant(grant, nameAlias(grant.alias));
  assertMay(caller, scope);
  return caller;
}

/**
 * Returns the alias or version in the ARN, or `null` for the plain name and `$LATEST`. A missing or malformed ARN gives
 * `?`, which no alias can be called, so the call is refused: `null` would make its caller a system caller.
 */
export function qualifierOf(functionArn: string | undefined): string | null {
  const [, qualifier] = functionArnPattern.exec(functionArn ?? "") ?? [undefined, "?"];
  return qualifier === undefined || qualifier === "$LATEST" ? null : qualifier;
}

/** The caller's name in the audit line of a call by alias. CloudTrail shows which role called. */
export function nameAlias(alias: string): string {
  return `alias:${alias}`;
}

/** Reads name and domain without judging the claims: the audit line of a refused call needs them too. */
export function nameCaller(
  claims: unknown,
  { domainClaim }: Pick<CallerRules, "domainClaim">,
): Pick<Principal, "caller" | "domainId"> {
  if (!isObject(claims)) return { caller: "unknown", domainId: null };
  return {
    caller: textOf(claims, "sub") ?? textOf(claims, "client_id") ?? "unknown",
    domainId: textOf(claims, domainClaim),
  };
}

function ofClaims(claims: Claims, rules: CallerRules): Caller {
  if (!rules.trustClaims) throw denied();
  const scopes = scopesOf(claims, rules.scopeClaim);
  const { caller, domainId } = nameCaller(claims, rules);
  const projects = listOf(claims, "projects") ?? (rules.projectsClaimRequired ? [] : null);
  return { caller, domainId: scopes.includes(systemScope) ? null : domainId, projects, scopes, grant: null };
}

/** Like the gateway, reads `scope` only if there is no `scp`. Cognito writes `secret/read`. */
function scopesOf(claims: Claims, scopeClaim: string | null): readonly string[] {
  const scopes = scopeClaim === null ? (listOf(claims, "scp") ?? listOf(claims, "scope")) : listOf(claims, scopeClaim);
  return (scopes ?? []).map((scope) => scope.replace(/^secret\//, "secret:"));
}

/** Matching grants with equal content count as one. If they differ, none takes precedence: the call is refused. */
function ofGrants(grants: readonly ClaimsGrant[], claims: Claims, rules: CallerRules): Caller {
  const callers = grants.map((grant) => ofGrant(grant, nameCaller(claims, rules).caller));
  const [first] = callers;
  const contents = new Set(callers.map(({ grant: _, ...content }) => JSON.stringify(content)));
  if (first === undefined || contents.size > 1) throw denied();
  return first;
}

function ofGrant(grant: ClaimsGrant | AliasGrant, caller: string): Caller {
  const { id, domain_id: domainId, projects = null, scopes } = grant;
  return { caller, domainId, projects, scopes: [...scopes].sort(), grant: id };
}

function assertMay({ scopes }: Caller, scope: string): void {
  if (!scopes.includes(systemScope) && !scopes.includes(scope)) throw denied();
}

function denied(): SecretError {
  return new SecretError("ERROR_PERMISSION_DENIED", {});
}

function textOf(claims: Claims, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}

/** `null` only if there is no such claim. A malformed claim is an empty list: it must never widen access. */
function listOf(claims: Claims, name: string): readonly string[] | null {
  if (!Object.hasOwn(claims, name)) return null;
  const value = claims[name];
  if (Array.isArray(value)) return value.filter((item) => typeof item === "string");
  if (typeof value !== "string") return [];
  return value
    .replace(/^\[(.*)\]$/s, "$1")
    .split(/[\s,]+/)
    .filter((item) => item !== "");
}
