/** What the stack prints when it runs: where everything is, and a first request to copy. */

import type { StackDescription } from "./stack-description.ts";

/** Text for the terminal. */
export function describeStack(stack: StackDescription, log: string): string {
  return `
The API       ${stack.api}/secret/v1/secret/…
Lambda        ${stack.lambda}  (${Object.values(stack.functions).join(", ")})
DynamoDB      ${stack.dynamodb}
KMS           ${stack.kms}
Token issuer  ${stack.issuer}
Reference     ${stack.reference}  (every method described, to try in a browser)
Log           ${log}

A first secret, to copy:

${firstRequest(stack)}

Ctrl-C ends it.
`;
}

/** Shell commands that get a token, make a secret and read its data; they need curl and sed alone. */
function firstRequest({ api, issuer }: StackDescription): string {
  return `TOKEN=$(curl -s ${issuer}/token -d grant_type=client_credentials -d domain_id=domain-1 \\
  --data-urlencode 'scope=secret:read secret:write secret:data' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
SECRET_ID=$(curl -s ${api}/secret/v1/secret/create -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' \\
  -d '{"name": "first-'$(date +%s)-$$'", "secret_type": "CREDENTIALS", "data": {"user": "ada", "password": "s3cr3t"}}' \\
  | sed 's/.*"secret_id":"\\([^"]*\\)".*/\\1/')
curl -s ${api}/secret/v1/secret/get-data -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' -d '{"secret_id": "'$SECRET_ID'"}'; echo`;
}
