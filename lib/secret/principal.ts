/** Who calls, and what they may see. Pure. */

import type { Grants } from "./grants.ts";

/** The caller, as identified by the token that the gateway verified, or by IAM. */
export interface Principal {
  /** Name for the audit line: the token's subject, `alias:<name>`, or `iam` for other direct invocations. */
  readonly caller: string;
  /** The only domain that the caller may name; `null`: any domain, for a system caller. */
  readonly domainId: string | null;
  /** The only projects whose secrets the caller sees; `null`: all of the domain. */
  readonly projects: readonly string[] | null;
}

/** How a deployment identifies its callers. */
export interface CallerRules {
  /** The claim that names the caller's domain. */
  readonly domainClaim: string;
  /** Whether a token without the claim `projects` sees no project, instead of all of its domain. */
  readonly projectsClaimRequired: boolean;
  /** The only claim that scopes are read from; `null`: `scp`, else `scope`. */
  readonly scopeClaim: string | null;
  /** Whether a token without a grant may do what its own claims say. */
  readonly trustClaims: boolean;
  readonly grants: Grants;
}

/** Whether the caller may see a secret of this project (`null`: of none). */
export function seesProject(principal: Principal, projectId: string | null): boolean {
  return principal.projects === null || (projectId !== null && principal.projects.includes(projectId));
}
