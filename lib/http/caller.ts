/** From the gateway's verified claims to a principal. The signature was checked before we are called. */

import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { CallerRules, Principal } from "../secret/principal.ts";
import { systemScope } from "./routes.ts";

/** Whoever IAM lets invoke the function. */
export const directPrincipal: Principal = { caller: "iam", domainId: null, projects: null };

type Claims = { readonly [name: string]: unknown };

/**
 * @param claims as API Gateway passes them on: every value is text, a list is `[a b]`.
 * @throws ERROR_AUTHENTICATE_FAILURE where there are no claims, ERROR_PERMISSION_DENIED where they do not suffice
 */
export function identify(claims: unknown, scope: string, rules: CallerRules): Principal {
  if (!isObject(claims)) {
    throw new SecretError("ERROR_AUTHENTICATE_FAILURE", { reason: "the request carries no verified token" });
  }
  // In the gateway's order: it looks at `scope` only where there is no `scp`.
  const scopes = listOf(claims, "scp") ?? listOf(claims, "scope") ?? [];
  const isSystem = scopes.includes(systemScope);
  if (!isSystem && !scopes.includes(scope)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
  const { caller, domainId } = nameCaller(claims, rules);
  // Fails closed: a token of no domain is not one of every domain.
  if (!isSystem && domainId === null) throw new SecretError("ERROR_PERMISSION_DENIED", {});
  const projects = listOf(claims, "projects") ?? (rules.projectsClaimRequired ? [] : null);
  return { caller, domainId: isSystem ? null : domainId, projects };
}

/** What claims say of the caller, whether or not they suffice: for the audit line of a call that is refused. */
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

function textOf(claims: Claims, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}

/** `null` where there is no such claim; one of another form, `null` too, lists nothing: it must never widen. */
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
