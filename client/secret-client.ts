/** The typed client: the eight methods over a transport. */

import { randomUUID } from "node:crypto";
import type { Route } from "../lib/http/routes.ts";
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  GetSecretDataRequest,
  GetSecretRequest,
  SecretDataInfo,
  SecretInfo,
  SecretQuery,
  SecretStatInfo,
  SecretStatQuery,
  SecretsInfo,
  UpdateSecretDataRequest,
  UpdateSecretRequest,
} from "./messages.ts";
import type { Query } from "./query.ts";
import { type RetryOptions, withRetries } from "./retry.ts";
import type { Transport } from "./transport.ts";
import { type Unwrap, unseal } from "./unseal.ts";

export interface SecretClientOptions {
  /** Opens sealed data, e.g. `kmsUnwrap(new KMSClient())`; without one it comes as it is. */
  readonly unwrap?: Unwrap;
  readonly retry?: RetryOptions;
}

export interface CallOptions {
  /** Ends the call, retries included, with its reason; `AbortSignal.timeout(ms)` for a limit. */
  readonly signal?: AbortSignal;
}

/** Whole secrets are answered only where nothing less is asked for. */
type Whole = { readonly only?: never };
type WholeQuery = { readonly query?: Query & Whole & { readonly minimal?: never } };

/** Done again they could undo what another caller did in between, or find nothing left to do. */
const unrepeatable: ReadonlySet<Route> = new Set(["update", "delete"]);

/**
 * The Secret API. Every method throws `SecretApiError`, and tries again where the service is unavailable and a repeat
 * is safe: reads, and writes under a `client_token`, which `create` and `updateData` make where the caller has none.
 */
export class SecretClient {
  readonly #transport: Transport;
  readonly #options: SecretClientOptions;

  constructor(transport: Transport, options: SecretClientOptions = {}) {
    this.#transport = transport;
    this.#options = options;
  }

  async create(request: CreateSecretRequest, options?: CallOptions): Promise<SecretInfo> {
    return await this.#call<SecretInfo>("create", withToken(request), options);
  }

  async update(request: UpdateSecretRequest, options?: CallOptions): Promise<SecretInfo> {
    return await this.#call<SecretInfo>("update", request, options);
  }

  async delete(request: DeleteSecretRequest, options?: CallOptions): Promise<void> {
    await this.#call("delete", request, options);
  }

  async updateData(request: UpdateSecretDataRequest, options?: CallOptions): Promise<void> {
    await this.#call("update-data", withToken(request), options);
  }

  /**
   * Sealed data is opened where the client has an `unwrap`: then `encrypted` is false.
   * @throws TypeError when the sealed answer is for another secret, CorruptDataError when it does not open, and what
   *   `unwrap` throws
   */
  async getData(request: GetSecretDataRequest, options?: CallOptions): Promise<SecretDataInfo> {
    const answer = await this.#call<SecretDataInfo>("get-data", request, options);
    const { unwrap } = this.#options;
    if (!answer.encrypted || unwrap === undefined) return answer;
    return { ...answer, data: await unseal(answer, unwrap, contextOf(request)), encrypted: false, encrypt_options: {} };
  }

  async get(request: GetSecretRequest & Whole, options?: CallOptions): Promise<SecretInfo>;
  async get(request: GetSecretRequest, options?: CallOptions): Promise<Partial<SecretInfo>>;
  async get(request: GetSecretRequest, options?: CallOptions): Promise<Partial<SecretInfo>> {
    return await this.#call<SecretInfo>("get", request, options);
  }

  async list(request: SecretQuery & WholeQuery, options?: CallOptions): Promise<SecretsInfo>;
  async list(request: SecretQuery, options?: CallOptions): Promise<SecretsInfo<Partial<SecretInfo>>>;
  async list(request: SecretQuery, options?: CallOptions): Promise<SecretsInfo<Partial<SecretInfo>>> {
    return await this.#call<SecretsInfo>("list", request, options);
  }

  async stat(request: SecretStatQuery, options?: CallOptions): Promise<SecretStatInfo> {
    return await this.#call<SecretStatInfo>("stat", request, options);
  }

  async #call<Result>(route: Route, message: object, { signal }: CallOptions = {}): Promise<Result> {
    const attempt = async () => await this.#transport(route, message, signal);
    const isRepeatable = !unrepeatable.has(route);
    // The service's own word for what it answers.
    return (await withRetries(attempt, { isRepeatable, signal }, this.#options.retry ?? {})) as Result;
  }
}

function withToken<Request extends { readonly client_token?: string }>(request: Request): Request {
  return { ...request, client_token: request.client_token || randomUUID() };
}

/** What the sealed data must be bound to. */
function contextOf({ domain_id, secret_id, version }: GetSecretDataRequest): Parameters<typeof unseal>[2] {
  return { secret_id, ...(domain_id && { domain_id }), ...(version && { version: String(version) }) };
}
