/** Replaces `@aws-sdk/endpoint-cache` in the bundles. A client makes one, but uses it only for endpoint discovery. */

export class EndpointCache {
  get(): never {
    throw new Error("Endpoint discovery is left out of the functions' bundles.");
  }
}
