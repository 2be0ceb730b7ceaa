/** Invokes the functions with the caller's AWS credentials: no token, but every message names its domain. */

import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretClient } from "../entry.ts";
import { lambdaTransport } from "../lambda-transport.ts";

const { FUNCTION_PREFIX = "secret-prod-", DOMAIN = "" } = process.env;

// One attempt, because SecretClient retries what is safe to repeat.
const lambda = new LambdaClient({ maxAttempts: 1 });
const client = new SecretClient(
  lambdaTransport({ client: lambda, functions: (route) => `${FUNCTION_PREFIX}${route}` }),
);

const { secret_id, name } = await client.create({
  name: `example-lambda-${crypto.randomUUID()}`,
  secret_type: "CREDENTIALS",
  data: { user: "ada" },
  domain_id: DOMAIN,
});
const { results, total_count } = await client.list({
  name,
  query: { only: ["secret_id", "version"] },
  domain_id: DOMAIN,
});
console.log(total_count, results[0]?.version);

const { data } = await client.getData({ secret_id, domain_id: DOMAIN });
console.log(data);

await client.delete({ secret_id, domain_id: DOMAIN });
