/** Keeps data in memory, and notices when it changes. */

import { clientCredentials, httpTransport, SecretClient, SecretDataCache } from "../entry.ts";

const { SECRET_API = "", TOKEN_URL = "", CLIENT_ID = "", CLIENT_SECRET = "", DOMAIN = "" } = process.env;

const token = clientCredentials({
  tokenUrl: TOKEN_URL,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  scope: "secret:write secret:data",
  parameters: { domain_id: DOMAIN },
});
const client = new SecretClient(httpTransport({ url: SECRET_API, token }));
using cache = new SecretDataCache({ client, maxAgeMs: 60_000, staleIfErrorMs: 3_600_000 });

const { secret_id } = await client.create({
  name: `example-cache-${crypto.randomUUID()}`,
  secret_type: "CREDENTIALS",
  data: { password: "1st" },
});
console.log("first", (await cache.get(secret_id)).data);

const { promise: changed, resolve, reject } = Promise.withResolvers<unknown>();
using _watching = cache.watch(secret_id, {
  intervalMs: 100,
  onChange: ({ version, data }) => resolve({ version, data }),
  onError: reject,
});
await client.updateData({ secret_id, data: { password: "2nd" } });
// A watch does not keep the process alive, so this timer does.
const alive = setInterval(() => undefined, 1000);
console.log("changed", await changed);
clearInterval(alive);
console.log("now", (await cache.get(secret_id)).data);
await client.delete({ secret_id });
