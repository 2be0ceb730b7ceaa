/** Reads and checks grants.json, in which a deployment says what which caller may do. The file may be missing. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../lib/base/json.ts";
import { routes } from "../../lib/http/routes.ts";
import { type AliasGrant, type ClaimsGrant, type Grants, indexGrants } from "../../lib/secret/grants.ts";

const path = join(import.meta.dirname, "../../grants.json");

/** GitHub signs tokens for everybody's workflows, and names of repositories can be taken over; ids cannot. */
const gitHubHost = "token.actions.githubusercontent.com";
const gitHubIds = ["repository_id", "repository_owner_id", "enterprise_id"];

const grantableScopes: readonly string[] = ["secret:read", "secret:write", "secret:data"];

interface Rule {
  readonly isMet: (value: unknown) => boolean;
  readonly says: string;
}

const idPattern = /^\w[\w.-]{0,63}$/;
/** Lambda's form of an alias. A name of only digits would be a version. */
const aliasPattern = /^(?!\d+$)[\w-]{1,128}$/;
/** The gateway's form of a list or an object. In this form it cannot be told from a string that looks the same. */
const composedPattern = /^(\[.*\]|map\[.*\])$/s;
const maxDomainCharacters = 255;

/** The members of a grant, and what each must be. */
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
    says: "must have at least one claim, each with its exact string (a claim that is a list cannot be used)",
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
  const grants: (ClaimsGrant | AliasGrant)[] = [];
  for (const [index, entry] of entries.entries()) {
    const faulty = (fault: string) => new Error(`grants.json, ${nameEntry(entry, index)}: ${fault}.`);
    const grant = parseGrant(entry, faulty);
    if (grants.some(({ id }) => id === grant.id)) throw faulty("another grant has this id");
    if ("alias" in grant && grants.some((other) => "alias" in other && other.alias === grant.alias)) {
      throw faulty("another grant has this alias");
    }
    grants.push(grant);
  }
  return indexGrants(grants);
}

/** The checked file as JSON in one line; `[]` without a file. @throws Error with a sentence that names the entry */
export function readGrantsText(): string {
  return JSON.stringify(parseFile(path));
}

/** @throws Error with a sentence that names the entry */
export function readGrants(issuer: string): Grants {
  const grants = parseGrants(parseFile(path));
  for (const grant of grants.byClaims) assertBound(grant, issuer);
  return grants;
}

/** The aliases of a route's function: those of the grants that have its scope. */
export function aliasesFor(grants: Grants, scope: string): readonly AliasGrant[] {
  return [...grants.byAlias.values()].filter(({ scopes }) => scopes.includes(scope));
}

/**
 * The IAM policy for a role that calls by an alias. It does not allow the functions' plain names: calls by these would
 * make the role a system caller.
 * @param prefix `arn:aws:lambda:<region>:<account>:function`
 * @param functions the function's name by route
 */
export function policyFor(
  grant: AliasGrant,
  prefix: string,
  functions: { readonly [route: string]: string },
): { readonly Version: string; readonly Statement: readonly object[] } {
  const called = Object.entries(routes).filter(([, { scope }]) => grant.scopes.includes(scope));
  const Resource = called.map(([route]) => `${prefix}:${functions[route]}:${grant.alias}`);
  const Sid = `Secret${grant.id.replace(/[^A-Za-z0-9]/g, "")}`;
  return { Version: "2012-10-17", Statement: [{ Sid, Effect: "Allow", Action: "lambda:InvokeFunction", Resource }] };
}

function parseFile(file: string): unknown {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`grants.json is not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  parseGrants(value);
  return value;
}

function assertBound({ id, claims }: ClaimsGrant, issuer: string): void {
  const signer = Object.hasOwn(claims, "iss") ? (claims["iss"] ?? "") : issuer;
  const isGitHub = URL.canParse(signer) && new URL(signer).hostname === gitHubHost;
  const isBound = gitHubIds.some((name) => Object.hasOwn(claims, name) && /^\d+$/.test(claims[name] ?? ""));
  if (isGitHub && !isBound) {
    throw new Error(
      `grants.json, grant "${id}": ${gitHubHost} signs tokens for everybody's workflows, so the grant must have one of the claims ${gitHubIds.join(", ")}, each a number.`,
    );
  }
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
  // Each member meets its rule.
  return entry as unknown as ClaimsGrant | AliasGrant;
}

/** A string that looks like a list could match a token whose claim is a list. */
function isClaims(value: unknown): boolean {
  const claims = isObject(value) ? Object.entries(value) : [];
  return claims.length > 0 && claims.every(([, text]) => isText(text) && !composedPattern.test(text));
}

function isGrantable(scope: string): boolean {
  return grantableScopes.includes(scope);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}
