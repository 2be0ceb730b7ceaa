/** Creates a secret over HTTP, reads its data, replaces exactly the version that it read, and deletes the secret. */

import { clientCredentials, httpTransport, isTransient, SecretApiError, SecretClient } from "../entry.ts";

const { SECRET_API = "", TOKEN_URL = "", CLIENT_ID = "", CLIENT_SECRET = "", DOMAIN = "" } = process.env;

const token = clientCredentials({
  tokenUrl: TOKEN_URL,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  scope: "secret:read secret:write secret:data",
  parameters: { domain_id: DOMAIN },
});
const client = new SecretClient(httpTransport({ url: SECRET_API, token }), { timeoutMs: 10_000 });

const { secret_id } = await client.create({
  name: `example-http-${crypto.randomUUID()}`,
  secret_type: "CREDENTIALS",
  data: { user: "ada", password: "1st" },
});
const read = await client.getData({ secret_id });
console.log(read.version, read.data);

await client.updateData({ secret_id, data: { ...read.data, password: "2nd" }, expected_version: read.version });
const changed = await client.getData({ secret_id, unless_etag: read.etag });
console.log(changed.version, changed.data);

await client.delete({ secret_id });
try {
  await client.getData({ secret_id });
} catch (error) {
  if (!(error instanceof SecretApiError)) throw error;
  console.log(error.code, isTransient(error) ? "try later" : "final");
}
