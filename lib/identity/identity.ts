/** The port to the identity service, which knows service accounts and projects. */

import type { CallOptions } from "../base/async.ts";

export interface ServiceAccount {
  readonly provider: string | null;
  readonly projectId: string | null;
}

/** Both methods throw ERROR_UNAVAILABLE when the service does not answer. */
export interface Identity {
  findServiceAccount(id: string, domainId: string, options?: CallOptions): Promise<ServiceAccount | undefined>;
  hasProject(id: string, domainId: string, options?: CallOptions): Promise<boolean>;
}
