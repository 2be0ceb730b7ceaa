/** The typed client: the eight methods over a transport. */

import { randomUUID } from "node:crypto";
import type { Route } from "../lib/http/routes.ts";
import { type CallOptions, type CallTime, type RetryOptions, withinTime, withRetries } from "./call.ts";
import { type GetManyOptions, getMany, type ItemAnswer } from "./get-many.ts";
import { type ListAllOptions, listAll, type SecretQueryOfAll } from "./list-all.ts";
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  GetSecretDataRequest,
  GetSecretRequest,
  SecretDataInfo,
  SecretDataItem,
  SecretDataResult,
  SecretInfo,
  SecretQuery,
  SecretStatInfo,
  SecretStatQuery,
  SecretsInfo,
  Shown,
  UpdateSecretDataRequest,
  UpdateSecretRequest,
} from "./messages.ts";
import { toMessage } from "./secret-data.ts";
import type { Transport } from "./transport.ts";
import type { Unwrap } from "./unseal.ts";
import { assertDomain, type DataAnswer, openAnswer } from "./unseal.ts";

export interface SecretClientOptions {
  /**
   * The domain of every message that names none. To open sealed data, the domain must be known from here or from the
   * request: data that was sealed for another domain is refused, whatever the service says.
   */
  readonly domain_id?: string;
  /** Opens sealed data, e.g. `kmsUnwrap(new KMSClient())`. Without it, sealed data is returned sealed. */
  readonly unwrap?: Unwrap;
  readonly retry?: RetryOptions;
  /** For a call with all its retries. Default 30 s, which is as long as the gateway waits for a function. */
  readonly timeoutMs?: number;
}

type SealedDataRequest = GetSecretDataRequest & { readonly sealed?: never };

/** A repeat could undo what another caller did in between, or find nothing left to do. */
const unrepeatable: ReadonlySet<Route> = new Set(["update", "delete"]);

/**
 * The Secret API. Every method throws `SecretApiError`. If the service is unavailable, it retries calls that are safe
 * to repeat: reads; `create` and `updateData`, which always send a `client_token`; and any call that certainly had no
 * effect.
 */
export class SecretClient {
  readonly #transport: Transport;
  readonly #options: SecretClientOptions;

  /** @throws Error if this Node.js is too old: later, the client would fail where nobody can catch the error */
  constructor(transport: Transport, options: SecretClientOptions = {}) {
    if (typeof Promise.withResolvers !== "function") {
      throw new Error(`cloudforet-secret-client needs Node.js 22 or newer; this is ${process.versions.node}.`);
    }
    this.#transport = transport;
    this.#options = options;
  }

  async create(request: CreateSecretRequest, options?: CallOptions): Promise<SecretInfo> {
    return await this.#call<SecretInfo>("create", withToken(toMessage(request)), options);
  }

  async update(request: UpdateSecretRequest, options?: CallOptions): Promise<SecretInfo> {
    return await this.#call<SecretInfo>("update", request, options);
  }

  async delete(request: DeleteSecretRequest, options?: CallOptions): Promise<void> {
    await this.#call("delete", request, options);
  }

  async updateData(request: UpdateSecretDataRequest, options?: CallOptions): Promise<void> {
    await this.#call("update-data", withToken(toMessage(request)), options);
  }

  /**
   * If the client has an `unwrap`, it opens sealed data; then `encrypted` is false. Reading `data` of the answer throws
   * `InexactNumberError` if a number would change; reading `dataText` never throws.
   * @throws SecretApiError, also if sealed data was requested and the answer is not sealed
   * @throws TypeError if the sealed answer is for another secret, CorruptDataError if it does not open, and whatever
   *   `unwrap` throws
   */
  async getData(request: GetSecretDataRequest, options?: CallOptions): Promise<SecretDataInfo> {
    const { domain_id, unwrap } = this.#options;
    const asked = { ...(domain_id && { domain_id }), ...request };
    return await this.#within(options, async (time) => {
      const answer = await this.#send<DataAnswer>("get-data", request, time);
      return await openAnswer(answer, asked, { unwrap, time });
    });
  }

  /**
   * `getData`, but the service never sees the plaintext: this requests sealed data, and opens it here.
   * @throws TypeError also if the client has no `unwrap`, or the domain is not known
   */
  async openData(request: SealedDataRequest, options?: CallOptions): Promise<SecretDataInfo> {
    const { domain_id, unwrap } = this.#options;
    if (unwrap === undefined) throw new TypeError("The client has no `unwrap` to open data with.");
    assertDomain(request.domain_id ?? domain_id);
    return await this.getData({ ...request, sealed: true }, options);
  }

  /**
   * `getData` for several secrets, fifty per call. The results are in the order of the items. For a secret that cannot
   * be read, the result has the `error` that `getData` would have thrown.
   * If one of several calls fails, each of its secrets has the call's error.
   * @throws SecretApiError if all calls fail, e.g. ERROR_AUTHENTICATE_FAILURE
   */
  async getMany(
    items: readonly SecretDataItem[],
    { domain_id = this.#options.domain_id, sealed, ...options }: GetManyOptions = {},
  ): Promise<readonly SecretDataResult[]> {
    const shared = { ...(domain_id && { domain_id }), ...(sealed !== undefined && { sealed }) };
    const { unwrap, retry = {} } = this.#options;
    return await this.#within(options, async (time) => {
      const ask = async (asked: readonly SecretDataItem[], signal: AbortSignal) => {
        const { results } = await this.#transport("get-data", { ...shared, items: asked }, signal);
        return results as readonly ItemAnswer[];
      };
      return await getMany(items, { ask, shared, unwrap, retry, time });
    });
  }

  async get<Path extends string = never>(request: GetSecretRequest<Path>, options?: CallOptions): Promise<Shown<Path>> {
    return await this.#call<Shown<Path>>("get", request, options);
  }

  async list<Path extends string = never, Minimal extends boolean = never>(
    request: SecretQuery<Path, Minimal>,
    options?: CallOptions,
  ): Promise<SecretsInfo<Shown<Path, Minimal>>> {
    return await this.#call<SecretsInfo<Shown<Path, Minimal>>>("list", request, options);
  }

  /**
   * Yields all secrets of a query, in the order of `secret_id`. It reads a page when the loop gets there; the options
   * apply to each page. A secret that matches from beginning to end comes exactly once. A secret that is created,
   * deleted, or matches only for a while comes once or not at all. Each secret is as it was when its page was read.
   */
  listAll<Path extends string = never, Minimal extends boolean = never>(
    request: SecretQueryOfAll<Path, Minimal> = {},
    options: ListAllOptions = {},
  ): AsyncIterable<Shown<[Path] extends [never] ? never : Path | "secret_id", Minimal>> {
    type Listed = Shown<[Path] extends [never] ? never : Path | "secret_id", Minimal>;
    const list = async (page: SecretQuery, call: CallOptions) =>
      await this.#call<SecretsInfo<Listed>>("list", page, call);
    return listAll(list, request, options);
  }

  async stat(request: SecretStatQuery, options?: CallOptions): Promise<SecretStatInfo> {
    return await this.#call<SecretStatInfo>("stat", request, options);
  }

  async #call<Result>(route: Route, message: object, options?: CallOptions): Promise<Result> {
    return await this.#within(options, async (time) => await this.#send<Result>(route, message, time));
  }

  async #within<Result>(options: CallOptions = {}, work: (time: CallTime) => Promise<Result>): Promise<Result> {
    return await withinTime(work, { timeoutMs: this.#options.timeoutMs ?? 30_000, ...options });
  }

  async #send<Result>(route: Route, message: object, time: CallTime): Promise<Result> {
    const { domain_id } = this.#options;
    const whole = { ...(domain_id && { domain_id }), ...message };
    const attempt = async () => await this.#transport(route, whole, time.signal);
    const isRepeatable = !unrepeatable.has(route);
    // The service is trusted to answer in the form of its method; the transport checks only the main members.
    return (await withRetries(attempt, { isRepeatable, ...time }, this.#options.retry ?? {})) as Result;
  }
}

function withToken<Request extends { readonly client_token?: string }>(request: Request): Request {
  return { ...request, client_token: request.client_token || randomUUID() };
}
