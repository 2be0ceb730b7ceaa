/**
 * Reads data that the service never decrypts: this process asks KMS, with its own AWS credentials, to unwrap the key.
 */

import { KMSClient } from "@aws-sdk/client-kms";
import { clientCredentials, httpTransport, SecretClient } from "../entry.ts";
import { kmsUnwrap } from "../kms-unwrap.ts";

const { SECRET_API = "", TOKEN_URL = "", CLIENT_ID = "", CLIENT_SECRET = "", DOMAIN = "", KEY_ARN } = process.env;

const token = clientCredentials({
  tokenUrl: TOKEN_URL,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  scope: "secret:write secret:data",
  parameters: { domain_id: DOMAIN },
});
const client = new SecretClient(httpTransport({ url: SECRET_API, token }), {
  domain_id: DOMAIN,
  unwrap: kmsUnwrap(new KMSClient(), KEY_ARN),
});

const { secret_id } = await client.create({
  name: `example-sealed-${crypto.randomUUID()}`,
  secret_type: "CREDENTIALS",
  data: { user: "ada", password: "s3cr3t" },
});
const { data } = await client.openData({ secret_id });
console.log(data);

await client.delete({ secret_id });
