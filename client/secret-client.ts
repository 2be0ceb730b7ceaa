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
   * The domain of every message that names none. Opening sealed data needs it, here or in the request: data that was
   * sealed for another domain is refused, whatever the service says.
   */
  readonly domain_id?: string;
  /** Opens sealed data, e.g. `kmsUnwrap(new KMSClient())`; without one it comes as it is. */
  readonly unwrap?: Unwrap;
  readonly retry?: RetryOptions;
  /** Of a call with all its retries. Default 30 s, as long as the gateway waits for one. */
  readonly timeoutMs?: number;
}

type SealedDataRequest = GetSecretDataRequest & { readonly sealed?: never };

/** Done again they could undo what another caller did in between, or find nothing left to do. */
const unrepeatable: ReadonlySet<Route> = new Set(["update", "delete"]);

/**
 * The Secret API. Every method throws `SecretApiError`, and tries again where the service is unavailable and a repeat
 * is safe: reads, writes under a `client_token`, which `create` and `updateData` make where the caller has none, and
 * whatever certainly was not begun.
 */
export class SecretClient {
  readonly #transport: Transport;
  readonly #options: SecretClientOptions;

  /** @throws Error on a Node.js that lacks what the client needs: later it could only fail without a way to catch it */
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
   * Sealed data is opened where the client has an `unwrap`: then `encrypted` is false. `data` of the answer throws
   * `InexactNumberError` where a number would change; `dataText` never does.
   * @throws SecretApiError also where it was asked for sealed and comes in plain
   * @throws TypeError when the sealed answer is for another secret, CorruptDataError when it does not open, and what
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
   * `getData` that never lets the service see or send the plaintext: asks for it sealed, and opens it here.
   * @throws TypeError also where the client has no `unwrap`, or the domain is not known
   */
  async openData(request: SealedDataRequest, options?: CallOptions): Promise<SecretDataInfo> {
    const { domain_id, unwrap } = this.#options;
    if (unwrap === undefined) throw new TypeError("The client has no `unwrap` to open data with.");
    assertDomain(request.domain_id ?? domain_id);
    return await this.getData({ ...request, sealed: true }, options);
  }

  /**
   * `getData` for several secrets: one call for each fifty. The results are in the order of the items. A secret that
   * cannot be read has an `error` in its place, what `getData` would have thrown, and the others their data.
   * @throws SecretApiError where a call fails as a whole, e.g. ERROR_AUTHENTICATE_FAILURE
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
   * All secrets of a query, in the order of `secret_id`, read page by page as the loop gets there; the options are each
   * page's. A secret that is there from beginning to end comes exactly once. One that is created, deleted, or changed so
   * that it meets the query only for a while, comes once or not at all; what is shown is as of the reading of its page.
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
    // The service's own word for what it answers.
    return (await withRetries(attempt, { isRepeatable, ...time }, this.#options.retry ?? {})) as Result;
  }
}

function withToken<Request extends { readonly client_token?: string }>(request: Request): Request {
  return { ...request, client_token: request.client_token || randomUUID() };
}
