/**
 * The settings of the deployment. Only this module reads `process.env`. An invalid setting stops the function's start.
 */

import { isObject } from "../base/json.ts";
import { indexGrants } from "../secret/grants.ts";
import type { CallerRules } from "../secret/principal.ts";
import { builtInProviders, type ProviderBySchema } from "../secret/secret.ts";

/** @throws Error that names the variable, if it is not set */
export function requiredText(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`the environment variable ${name} is not set`);
  return value;
}

export function optionalText(name: string): string | null {
  return process.env[name] || null;
}

/** @throws Error that names the variable, if it is not an HTTP URL */
export function optionalUrl(name: string): URL | null {
  const text = optionalText(name);
  if (text === null) return null;
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new Error(`the environment variable ${name} must be a URL`);
  return new URL(text);
}

/** @throws Error that names the variable, if it is not a whole number within the range */
export function wholeNumber(
  name: string,
  range: { readonly min: number; readonly max: number; readonly unset: number },
): number {
  const text = process.env[name];
  if (text === undefined || text === "") return range.unset;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) {
    throw new Error(`the environment variable ${name} must be a whole number from ${range.min} to ${range.max}`);
  }
  return value;
}

/** @throws Error that names the variable, if it is neither `true` nor `false` */
export function flag(name: string, unset = false): boolean {
  const text = process.env[name] || String(unset);
  if (text !== "true" && text !== "false") throw new Error(`the environment variable ${name} must be true or false`);
  return text === "true";
}

/** How the functions identify their callers. The bundler checks grants.json, and replaces `GRANTS` with its content. */
export function callerRules(): CallerRules {
  return {
    domainClaim: optionalText("DOMAIN_CLAIM") ?? "domain_id",
    projectsClaimRequired: flag("PROJECTS_CLAIM_REQUIRED"),
    scopeClaim: optionalText("SCOPE_CLAIM"),
    trustClaims: flag("TRUST_CLAIMS", true),
    grants: indexGrants(JSON.parse(process.env["GRANTS"] || "[]") as Parameters<typeof indexGrants>[0]),
  };
}

/** How many versions of a secret's data stay readable. The maximum lets one transaction delete them all if small. */
export function dataVersionsKept(): number {
  return wholeNumber("DATA_VERSIONS_KEPT", { min: 1, max: 90, unset: 5 });
}

/** For how many days `npm run undelete` can restore a deleted secret; 0: nothing of it is kept. */
export function deletedKeptDays(): number {
  return wholeNumber("DELETED_KEPT_DAYS", { min: 0, max: 365, unset: 7 });
}

/**
 * The built-in map plus the deployment's own entries: `PROVIDER_BY_SCHEMA`, a JSON object of strings.
 * @throws Error that names the variable, if it is not such an object
 */
export function providerBySchema(): ProviderBySchema {
  const own = parseJson(optionalText("PROVIDER_BY_SCHEMA") ?? "{}");
  if (!isObject(own) || !Object.values(own).every((value) => typeof value === "string")) {
    throw new Error("the environment variable PROVIDER_BY_SCHEMA must be a JSON object of strings");
  }
  return { ...builtInProviders, ...(own as Record<string, string>) };
}

/** `undefined` for invalid JSON: the engine's own message would not name the variable. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
