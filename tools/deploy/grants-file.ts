/** grants.json beside serverless.yml: who may call with what, decided by the deployment. Absent means that there is none. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AliasGrant, type ClaimsGrant, type Grants, parseGrants } from "../../lib/secret/grants.ts";

const path = join(import.meta.dirname, "../../grants.json");

/** GitHub signs tokens for the workflows of the whole world, and names of repositories can be taken over. */
const gitHubHost = "token.actions.githubusercontent.com";
const gitHubIds = ["repository_id", "repository_owner_id", "enterprise_id"];

/** Its JSON in one line, checked; `[]` where there is none. @throws Error with a sentence that names the entry */
export function readGrantsText(): string {
  return JSON.stringify(parseFile(path));
}

/** @throws Error with a sentence that names the entry */
export function readGrants(issuer: string): Grants {
  const grants = parseGrants(parseFile(path));
  for (const grant of grants.byClaims) assertBound(grant, issuer);
  return grants;
}

/** The aliases that a route's function has: those of grants with its scope. */
export function aliasesFor(grants: Grants, scope: string): readonly AliasGrant[] {
  return [...grants.byAlias.values()].filter(({ scopes }) => scopes.includes(scope));
}

function parseFile(file: string): unknown {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`grants.json is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
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
      `grants.json, grant "${id}": ${gitHubHost} signs for everybody's workflows, so the grant must name a number of ${gitHubIds.join(", ")}.`,
    );
  }
}
