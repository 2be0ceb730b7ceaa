/** Stands for `@aws-sdk/endpoint-cache` in the bundles: a client makes one, and uses it only for endpoint discovery. */

export class EndpointCache {
  get(): never {
    throw new Error("Endpoint discovery is left out of the functions' bundles.");
  }
}
