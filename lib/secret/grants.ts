/** Grants: what the deployment itself lets callers do, whatever their tokens say of scopes and domain. Pure. */

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

/** From the list of a grants.json that was checked when the functions were bundled. */
export function indexGrants(grants: readonly (ClaimsGrant | AliasGrant)[]): Grants {
  return {
    byClaims: grants.filter((grant) => "claims" in grant),
    byAlias: new Map(grants.filter((grant) => "alias" in grant).map((grant) => [grant.alias, grant])),
  };
}

/** The grants whose claims a token has, all of them. A claim that is no text equals none. */
export function findByClaims(grants: Grants, claims: { readonly [name: string]: unknown }): readonly ClaimsGrant[] {
  return grants.byClaims.filter((grant) =>
    Object.entries(grant.claims).every(([name, text]) => Object.hasOwn(claims, name) && claims[name] === text),
  );
}
