/** What a call carries down to every port. */

export interface CallOptions {
  /** Fires when the invocation has no time left; every request to a backing service is ended by it. */
  readonly signal?: AbortSignal;
}
