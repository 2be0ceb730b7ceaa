/** Reads all secrets of a query, page by page. */

import { clientCredentials, httpTransport, SecretClient } from "../entry.ts";

const { SECRET_API = "", TOKEN_URL = "", CLIENT_ID = "", CLIENT_SECRET = "", DOMAIN = "" } = process.env;

const token = clientCredentials({
  tokenUrl: TOKEN_URL,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  scope: "secret:read secret:write",
  parameters: { domain_id: DOMAIN },
});
const client = new SecretClient(httpTransport({ url: SECRET_API, token }));

const names = ["b", "a", "c"].map((letter) => `example-list-all-${letter}`);
for (const name of names) await client.create({ name, secret_type: "CREDENTIALS", data: {}, tags: { env: "prod" } });

const query = { filter: [{ key: "tags.env", operator: "eq", value: "prod" }], only: ["name", "tags.env"] } as const;
const found: string[] = [];
for await (const { secret_id, name, tags } of client.listAll({ query }, { pageSize: 2 })) {
  found.push(`${name} ${JSON.stringify(tags)}`);
  await client.delete({ secret_id });
}
console.log(found.sort());
