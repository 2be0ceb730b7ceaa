/** A middleware for middy that puts secrets' data into a handler's context. Imports only middy's types. */

import type { MiddlewareObj, Request } from "@middy/core";
import type { JsonObject } from "../lib/base/json.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { SecretDataCache, type SecretDataCacheOptions, type SecretSelector } from "./secret-data-cache.ts";

/**
 * A secret's id; or its id or name, with an optional function that turns its data into a typed value, or throws. The
 * function `parseText` gets the exact JSON, for data with numbers that JavaScript would change.
 */
export type SecretSource = string | (SourceReference & SourceParser);

type SourceReference =
  | { readonly secretId: string; readonly name?: never }
  | { readonly name: string; readonly secretId?: never };

type SourceParser =
  | { readonly parse: (data: JsonObject) => unknown; readonly parseText?: never }
  | { readonly parseText: (dataText: string) => unknown; readonly parse?: never }
  | { readonly parse?: never; readonly parseText?: never };

interface Secrets {
  readonly [contextKey: string]: SecretSource;
}

export interface SecretDataOptions<Sources extends Secrets> extends SecretDataCacheOptions {
  /** The secret for each key in the context. */
  readonly secrets: Sources;
  /** Waits with the first read until the first invocation. By default it begins when the function is loaded. */
  readonly disablePrefetch?: boolean;
}

type LambdaContext = Request["context"];

/** What a handler finds in its context. */
export type SecretDataContext<Sources extends Secrets> = {
  readonly [Key in keyof Sources]: Sources[Key] extends
    | { readonly parse: (data: JsonObject) => infer Parsed }
    | { readonly parseText: (dataText: string) => infer Parsed }
    ? Parsed
    : JsonObject;
};

/**
 * Reads the secrets before the handler runs, and keeps them between invocations in a `SecretDataCache`, whose options
 * it takes. Also puts them into `request.internal`, for other middlewares.
 * @throws (by the hook) SecretApiError, whose message names the key in the context; whatever `parse` or `parseText`
 *   throws; InexactNumberError if the data needs `parseText`
 */
export function secretData<const Sources extends Secrets>(
  options: SecretDataOptions<Sources>,
): MiddlewareObj<unknown, unknown, Error, LambdaContext & SecretDataContext<Sources>> {
  const cache = new SecretDataCache(options);
  const sources = Object.entries<SecretSource>(options.secrets);

  if (!options.disablePrefetch) {
    // A failure here does not matter: the first invocation reads again, and throws.
    for (const [, source] of sources) cache.get(selectorOf(source)).catch(() => undefined);
  }

  const secretDataMiddlewareBefore = async (request: Request): Promise<void> => {
    const read = async ([key, source]: readonly [string, SecretSource]) =>
      [key, await readSource(cache, key, source)] as const;
    const values = Object.fromEntries(await Promise.all(sources.map(read)));
    Object.assign(request.context, values);
    Object.assign(request.internal, values);
  };

  return { name: "secretData", before: secretDataMiddlewareBefore };
}

async function readSource(cache: SecretDataCache, key: string, source: SecretSource): Promise<unknown> {
  const version = await cache.get(selectorOf(source)).catch((error: unknown) => {
    throw error instanceof SecretApiError ? named(key, error) : error;
  });
  if (typeof source === "string") return version.data;
  if (source.parseText !== undefined) return source.parseText(version.dataText);
  return source.parse === undefined ? version.data : source.parse(version.data);
}

function selectorOf(source: SecretSource): SecretSelector {
  if (typeof source === "string") return source;
  return source.name === undefined ? source.secretId : { name: source.name };
}

function named(key: string, error: SecretApiError): SecretApiError {
  return new SecretApiError(error.code, `The secret data "${key}" cannot be read: ${error.message}`, {
    ...error,
    cause: error,
  });
}
