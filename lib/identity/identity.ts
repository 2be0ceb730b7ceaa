/** The port to the identity service, which knows service accounts and projects; and its adapter for Cloudforet's. */

import { type Abortable, backOff } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";

export interface ServiceAccount {
  readonly provider: string | null;
  readonly projectId: string | null;
}

/** Both methods throw ERROR_UNAVAILABLE if the service does not answer. */
export interface IdentityService {
  findServiceAccount(id: string, domainId: string, options?: Abortable): Promise<ServiceAccount | undefined>;
  hasProject(id: string, domainId: string, options?: Abortable): Promise<boolean>;
}

export interface HttpIdentityOptions {
  /** Base URL; its path is ignored. */
  readonly url: URL;
  /** Sent as a bearer token, if set. */
  readonly token?: string;
  /** The timeout of one attempt; there are two. */
  readonly timeoutMs: number;
}

const tries = 2;

export class HttpIdentityService implements IdentityService {
  readonly #options: HttpIdentityOptions;

  constructor(options: HttpIdentityOptions) {
    this.#options = options;
  }

  async findServiceAccount(id: string, domainId: string, options?: Abortable): Promise<ServiceAccount | undefined> {
    const answer = await this.#post("service-account", { service_account_id: id, domain_id: domainId }, options);
    if (answer === undefined) return undefined;
    const project = answer["project_info"];
    return {
      provider: textOrNull(answer["provider"]),
      projectId: isObject(project) ? textOrNull(project["project_id"]) : null,
    };
  }

  async hasProject(id: string, domainId: string, options?: Abortable): Promise<boolean> {
    return (await this.#post("project", { project_id: id, domain_id: domainId }, options)) !== undefined;
  }

  /** Returns the resource as the service describes it, or `undefined` if it does not exist. */
  async #post(
    resource: string,
    message: object,
    options?: Abortable,
  ): Promise<{ readonly [key: string]: unknown } | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#postOnce(resource, message, options);
      } catch (error) {
        options?.signal?.throwIfAborted();
        if (attempt === tries) throw new SecretError("ERROR_UNAVAILABLE", { service: "identity" }, { cause: error });
        await backOff(attempt, options ?? {});
      }
    }
  }

  async #postOnce(
    resource: string,
    message: object,
    options?: Abortable,
  ): Promise<{ readonly [key: string]: unknown } | undefined> {
    const { url, token, timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(new URL(`/identity/v1/${resource}/get`, url), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(message),
      redirect: "error",
      signal: options?.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
    const answer: unknown = await response.json();
    if (response.status === 404 || isNotFound(answer)) return undefined;
    if (!response.ok || !isObject(answer)) throw new Error(`identity answered ${response.status}`);
    return answer;
  }
}

/** A gateway in front of the service may send this code with a status other than 404. */
function isNotFound(answer: unknown): boolean {
  const detail = isObject(answer) ? answer["detail"] : undefined;
  return isObject(detail) && detail["code"] === "ERROR_NOT_FOUND";
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
