// biome-ignore-all lint/performance/noBarrelFile: a package has one name, so all of its exports are in one file.
/** The exports of `cloudforet-secret-client`: everything that needs no other package. */

export type { ErrorCode } from "../lib/base/errors.ts";
export type { JsonArray, JsonObject, JsonValue } from "../lib/base/json.ts";
export { CorruptDataError } from "../lib/crypto/envelope.ts";
export type { Route } from "../lib/http/routes.ts";
export type { SecretVersion } from "./cached-secret.ts";
export type { CallOptions, RetryOptions } from "./call.ts";
export { type ClientCredentialsOptions, clientCredentials } from "./client-credentials.ts";
export type { GetManyOptions } from "./get-many.ts";
export { type HttpTransportOptions, httpTransport, type TokenRequest, type TokenSource } from "./http-transport.ts";
export type { ListAllOptions, SecretQueryOfAll } from "./list-all.ts";
export type * from "./messages.ts";
export type { MinimalSecretInfo, Shown } from "./messages.ts";
export type * from "./query.ts";
export { isTransient, SecretApiError } from "./secret-api-error.ts";
export { SecretClient, type SecretClientOptions } from "./secret-client.ts";
export { type ExactData, InexactNumberError, type NewData } from "./secret-data.ts";
export type { SecretSelector, WatchOptions } from "./secret-data-cache.ts";
export { SecretDataCache, type SecretDataCacheOptions } from "./secret-data-cache.ts";
export type { Transport } from "./transport.ts";
export { type Unwrap, unseal } from "./unseal.ts";
