/** An identity service in memory that records its requests. */

import { SecretError } from "../../lib/base/errors.ts";
import type { IdentityService, ServiceAccount } from "../../lib/identity/identity.ts";

export class FakeIdentity implements IdentityService {
  /** Requests so far, as `kind domain/id`. */
  readonly asked: string[] = [];
  /** While true, every call throws ERROR_UNAVAILABLE. */
  isDown = false;
  readonly #accounts: { readonly [place: string]: ServiceAccount };
  readonly #projects: readonly string[];

  /** @param known accounts and projects by `domain/id` */
  constructor(known: {
    readonly accounts?: { readonly [place: string]: ServiceAccount };
    readonly projects?: readonly string[];
  }) {
    this.#accounts = known.accounts ?? {};
    this.#projects = known.projects ?? [];
  }

  async findServiceAccount(id: string, domainId: string): Promise<ServiceAccount | undefined> {
    this.#enter("account", id, domainId);
    return this.#accounts[`${domainId}/${id}`];
  }

  async hasProject(id: string, domainId: string): Promise<boolean> {
    this.#enter("project", id, domainId);
    return this.#projects.includes(`${domainId}/${id}`);
  }

  #enter(kind: string, id: string, domainId: string): void {
    this.asked.push(`${kind} ${domainId}/${id}`);
    if (this.isDown) throw new SecretError("ERROR_UNAVAILABLE", { service: "identity" });
  }
}
