/** Grants: what a deployment allows callers to do, whatever scopes and domain their tokens name. Pure. */

interface GrantBase {
  /** Names the grant in the audit line. */
  readonly id: string;
  readonly domain_id: string;
  readonly scopes: readonly string[];
  /** The only projects that the caller can reach. Absent: all of the domain. Empty: none. */
  readonly projects?: readonly string[];
}

/** For every token that has all these claims with exactly these values. */
export interface ClaimsGrant extends GrantBase {
  readonly claims: { readonly [name: string]: string };
}

/** For any caller that IAM allows to invoke the functions by this alias. */
export interface AliasGrant extends GrantBase {
  readonly alias: string;
}

export interface Grants {
  readonly byClaims: readonly ClaimsGrant[];
  /** The grant of each alias. */
  readonly byAlias: ReadonlyMap<string, AliasGrant>;
}

export const noGrants: Grants = { byClaims: [], byAlias: new Map() };

/** @param grants the list in grants.json, which was checked when the functions were bundled */
export function indexGrants(grants: readonly (ClaimsGrant | AliasGrant)[]): Grants {
  return {
    byClaims: grants.filter((grant) => "claims" in grant),
    byAlias: new Map(grants.filter((grant) => "alias" in grant).map((grant) => [grant.alias, grant])),
  };
}

/** The grants whose claims are all in the token, with the same values. A claim that is not a string never matches. */
export function findByClaims(grants: Grants, claims: { readonly [name: string]: unknown }): readonly ClaimsGrant[] {
  return grants.byClaims.filter((grant) =>
    Object.entries(grant.claims).every(([name, text]) => Object.hasOwn(claims, name) && claims[name] === text),
  );
}
