/** Who calls, and what that lets them see. Pure. */

import type { Grants } from "./grants.ts";

/** The caller, as the gateway's verified token or IAM vouches for it. */
export interface Principal {
  /** Name for the audit line: the token's subject, or `iam` for a direct invocation. */
  readonly caller: string;
  /** The only domain the caller may name; `null` for a system caller, who may name any. */
  readonly domainId: string | null;
  /** The only projects whose secrets the caller sees; `null` where it sees all of the domain. */
  readonly projects: readonly string[] | null;
}

/** How a deployment tells its callers. */
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
