/** From the gateway's verified claims to a principal. The signature was checked before we are called. */

import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { Principal } from "../secret/principal.ts";
import { limits } from "../secret/secret.ts";
import { systemScope } from "./routes.ts";

/** Whoever IAM lets invoke the function. */
export const directPrincipal: Principal = { caller: "iam", domainId: null, projects: null };

type Claims = { readonly [name: string]: unknown };

/**
 * @param claims as API Gateway passes them on: every value is text, a list is `[a b]`.
 * @throws ERROR_AUTHENTICATE_FAILURE where there are no claims, ERROR_PERMISSION_DENIED where they do not suffice
 */
export function identify(claims: unknown, scope: string, domainClaim: string): Principal {
  if (!isObject(claims)) {
    throw new SecretError("ERROR_AUTHENTICATE_FAILURE", { reason: "the request carries no verified token" });
  }
  const scopes = listOf(claims, "scope") ?? listOf(claims, "scp") ?? [];
  const isSystem = scopes.includes(systemScope);
  if (!isSystem && !scopes.includes(scope)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
  return {
    caller: textOf(claims, "sub") ?? textOf(claims, "client_id") ?? "unknown",
    domainId: isSystem ? null : domainOf(claims, domainClaim),
    projects: listOf(claims, "projects"),
  };
}

function domainOf(claims: Claims, domainClaim: string): string {
  const domainId = textOf(claims, domainClaim);
  // Fails closed: a token of no domain is not one of every domain.
  if (domainId === null || domainId.length > limits.domainIdCharacters * 2) {
    throw new SecretError("ERROR_PERMISSION_DENIED", {});
  }
  return domainId;
}

function textOf(claims: Claims, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}

/** `null` where there is no such claim; a claim of another form is a list of nothing, so that it never widens. */
function listOf(claims: Claims, name: string): readonly string[] | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.filter((item) => typeof item === "string");
  if (typeof value !== "string") return [];
  return value.replace(/^\[(.*)\]$/s, "$1").split(/[\s,]+/).filter((item) => item !== "");
}
