/** Settings as the deployment gives them: the only reader of `process.env`. A bad one stops the function from starting. */

import { isObject } from "../base/json.ts";
import { builtInProviders, type ProviderBySchema } from "../secret/provider.ts";

/** @throws Error naming the variable, where it is not set */
export function requiredText(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`the environment variable ${name} is not set`);
  return value;
}

export function optionalText(name: string): string | null {
  return process.env[name] || null;
}

/** @throws Error naming the variable, where it is no whole number of the range */
export function wholeNumber(name: string, range: { readonly min: number; readonly max: number; readonly unset: number }): number {
  const text = process.env[name];
  if (text === undefined || text === "") return range.unset;
  const value = Number(text);
  if (!Number.isInteger(value) || value < range.min || value > range.max) {
    throw new Error(`the environment variable ${name} must be a whole number from ${range.min} to ${range.max}`);
  }
  return value;
}

/** @throws Error naming the variable, where it is neither `true` nor `false` */
export function flag(name: string): boolean {
  const text = process.env[name] || "false";
  if (text !== "true" && text !== "false") throw new Error(`the environment variable ${name} must be true or false`);
  return text === "true";
}

/** The token's claim that names the caller's domain. */
export function domainClaim(): string {
  return optionalText("DOMAIN_CLAIM") ?? "domain_id";
}

/** How many versions of a secret's data stay readable; few enough that all fit into one deleting transaction. */
export function dataVersionsKept(): number {
  return wholeNumber("DATA_VERSIONS_KEPT", { min: 1, max: 90, unset: 5 });
}

/** The built-in map with the deployment's own entries: `PROVIDER_BY_SCHEMA`, a JSON object of texts. */
export function providerBySchema(): ProviderBySchema {
  const text = optionalText("PROVIDER_BY_SCHEMA");
  if (text === null) return builtInProviders;
  const own: unknown = JSON.parse(text);
  if (!isObject(own) || !Object.values(own).every((value) => typeof value === "string")) {
    throw new Error("the environment variable PROVIDER_BY_SCHEMA must be a JSON object of texts");
  }
  return { ...builtInProviders, ...(own as Record<string, string>) };
}
