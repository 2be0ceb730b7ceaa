/** Grants: what the deployment itself lets callers do, whatever their tokens say of scopes and domain. Pure. */

import { isObject } from "../base/json.ts";

export const grantableScopes = ["secret:read", "secret:write", "secret:data"] as const;

interface GrantBase {
  /** Names it in the audit line. */
  readonly id: string;
  readonly domain_id: string;
  readonly scopes: readonly string[];
  /** The only projects that the caller reaches; all of the domain where absent, none where empty. */
  readonly projects?: readonly string[];
}

/** Of every token that has all of these claims with exactly these values. */
export interface ClaimsGrant extends GrantBase {
  readonly claims: { readonly [name: string]: string };
}

/** Of whoever IAM lets invoke the functions by this alias. */
export interface AliasGrant extends GrantBase {
  readonly alias: string;
}

export interface Grants {
  readonly byClaims: readonly ClaimsGrant[];
  /** Alias → its grant. */
  readonly byAlias: ReadonlyMap<string, AliasGrant>;
}

export const noGrants: Grants = { byClaims: [], byAlias: new Map() };

interface Rule {
  readonly isMet: (value: unknown) => boolean;
  readonly says: string;
}

const idPattern = /^\w[\w.-]{0,63}$/;
/** Lambda's own: a name of digits alone would be a version. */
const aliasPattern = /^(?!\d+$)[\w-]{1,128}$/;
/** The gateway's form of a claim that is a list or an object, which it does not tell from a string that looks like it. */
const composedPattern = /^(\[.*\]|map\[.*\])$/s;
const maxDomainCharacters = 255;

/** What each member must be; a grant has no others. */
const rules: { readonly [member: string]: Rule } = {
  id: { isMet: (id) => isText(id) && idPattern.test(id), says: 'must be 1 to 64 letters, digits, "_", "-" or "."' },
  domain_id: { isMet: (id) => isText(id) && id.length <= maxDomainCharacters, says: "must name a domain" },
  scopes: {
    isMet: (scopes) => isTextList(scopes) && scopes.length > 0 && scopes.every(isGrantable),
    says: `must be a list of ${grantableScopes.join(", ")}`,
  },
  projects: { isMet: (ids) => ids === undefined || isTextList(ids), says: "must be a list of project ids" },
  claims: {
    isMet: (claims) => claims === undefined || isClaims(claims),
    says: "must have at least one claim, each with its exact text (a claim that is a list cannot be named)",
  },
  alias: {
    isMet: (alias) => alias === undefined || (isText(alias) && aliasPattern.test(alias)),
    says: 'must be 1 to 128 letters, digits, "_" or "-", and not digits alone',
  },
};

/**
 * Reads a parsed `grants.json`.
 * @throws Error that names the entry and what is wrong with it
 */
export function parseGrants(value: unknown): Grants {
  if (!Array.isArray(value)) throw new Error("grants.json must be a list of grants.");
  const entries: readonly unknown[] = value;
  const byClaims: ClaimsGrant[] = [];
  const byAlias = new Map<string, AliasGrant>();
  const ids = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const grant = parseGrant(entry, (fault) => new Error(`grants.json, ${nameEntry(entry, index)}: ${fault}.`));
    const place = nameEntry(entry, index);
    if (ids.has(grant.id)) throw new Error(`grants.json, ${place}: another grant has this id.`);
    ids.add(grant.id);
    if ("claims" in grant) byClaims.push(grant);
    else if (byAlias.has(grant.alias)) throw new Error(`grants.json, ${place}: another grant has this alias.`);
    else byAlias.set(grant.alias, grant);
  }
  return { byClaims, byAlias };
}

/** The grants whose claims a token has, all of them. A claim that is no text equals none. */
export function findByClaims(grants: Grants, claims: { readonly [name: string]: unknown }): readonly ClaimsGrant[] {
  return grants.byClaims.filter((grant) =>
    Object.entries(grant.claims).every(([name, text]) => Object.hasOwn(claims, name) && claims[name] === text),
  );
}

function nameEntry(entry: unknown, index: number): string {
  const id = isObject(entry) ? entry["id"] : undefined;
  return `entry ${index + 1}${typeof id === "string" ? ` (${JSON.stringify(id)})` : ""}`;
}

function parseGrant(entry: unknown, faulty: (fault: string) => Error): ClaimsGrant | AliasGrant {
  if (!isObject(entry)) throw faulty("it must be an object");
  const unknown = Object.keys(entry).find((name) => !Object.hasOwn(rules, name));
  if (unknown !== undefined) throw faulty(`it has an unknown member ${JSON.stringify(unknown)}`);
  const broken = Object.entries(rules).find(([name, rule]) => !rule.isMet(entry[name]));
  if (broken !== undefined) throw faulty(`"${broken[0]}" ${broken[1].says}`);
  if ((entry["claims"] === undefined) === (entry["alias"] === undefined)) {
    throw faulty('it must have either "claims" or "alias"');
  }
  // Each member has met its rule.
  return entry as unknown as ClaimsGrant | AliasGrant;
}

/** A claim of text that looks like a list could stand for one. */
function isClaims(value: unknown): boolean {
  const claims = isObject(value) ? Object.entries(value) : [];
  return claims.length > 0 && claims.every(([, text]) => isText(text) && !composedPattern.test(text));
}

function isGrantable(scope: string): boolean {
  return (grantableScopes as readonly string[]).includes(scope);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}
