/**
 * Stands for `@aws-sdk/credential-provider-node` in the bundles: a function finds its role's credentials in its
 * environment, and the SDK's search through files, the metadata service and SSO is most of a client's weight.
 */

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The provider an SDK client takes where it is given no credentials.
 * @throws Error from the first request, where the environment holds none
 */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = process.env;
    if (!(accessKeyId && secretAccessKey)) {
      throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: a function has no other credentials.");
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  };
}
