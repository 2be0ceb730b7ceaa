/** Which provider a schema belongs to, where no identity service tells it (contract, section 4, create). Pure. */

export type ProviderBySchema = Readonly<Record<string, string>>;

export const builtInProviders: ProviderBySchema = {
  aws_access_key: "aws",
  aws_assume_role: "aws",
  google_oauth2_credentials: "google_cloud",
  azure_client_secret: "azure",
};

/** An empty text in the map stands for none. */
export function providerOf(schema: string | null, providers: ProviderBySchema): string | null {
  return schema !== null && Object.hasOwn(providers, schema) ? providers[schema] || null : null;
}
