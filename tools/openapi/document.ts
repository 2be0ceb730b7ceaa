/** Builds the API's OpenAPI 3.1 document from the tables of the code. */

import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { JsonObject } from "../../lib/base/json.ts";
import { limits } from "../../lib/secret/secret.ts";
import { answerSchemas } from "./answer-schemas.ts";
import { derive } from "./derive.ts";
import { failureSchemas } from "./failures.ts";
import { paths, scopes, tags } from "./operations.ts";
import { keySchemas, queryParts } from "./query-parts.ts";
import { requestParts } from "./request-parts.ts";
import { statisticsParts, statisticsSchemas } from "./statistics-parts.ts";

const packageSchema = v.object({ version: v.string(), license: v.string() });

const description = `Cloudforet's Secret API: eight methods on the cloud credentials of many tenants. All are \`POST\` with a JSON object.

Presence is proto3's: \`null\` anywhere, and in a plain field \`""\`, \`0\`, \`false\` and \`[]\`, mean that it is not sent (but in a
condition's value, \`null\` is one, and \`data\`, \`tags\` and \`query\` are sent when they are empty). The schemas tell what
is sent, and \`null\` where a message's own field may have it. Every bound of a schema is one of the service; what a schema cannot
tell, descriptions do. Texts must be well-formed Unicode, no member may be named twice, and a body is at most 2 MiB.`;

const local = { url: "http://127.0.0.1:3000", description: "npm start" };
const deployed = {
  url: "https://{api}.execute-api.{region}.amazonaws.com",
  description: "A deployment",
  variables: { api: { default: "api-id" }, region: { default: "us-east-1" } },
};

export function openApiDocument(servers: readonly JsonObject[] = [local, deployed]): JsonObject {
  const { version, license } = v.parse(packageSchema, readJson("../../package.json"));
  return {
    openapi: "3.1.0",
    info: {
      title: "Secret API",
      version,
      description,
      contact: { name: "The team that runs the deployment" },
      license: { name: license, identifier: license },
    },
    servers,
    tags: Object.entries(tags).map(([name, about]) => ({ name, description: about })),
    paths: paths(),
    components: {
      securitySchemes: {
        token: {
          type: "oauth2",
          description: "A JWT of the issuer that the deployment trusts, with the claim `domain_id`, as bearer token.",
          flows: { clientCredentials: { tokenUrl: "https://issuer.example.com/oauth2/token", scopes } },
        },
      },
      parameters: {
        IdempotencyKey: {
          name: "Idempotency-Key",
          in: "header",
          description: "The same as `client_token`, for clients that set it for every request.",
          schema: { type: "string", maxLength: limits.clientTokenCharacters },
        },
      },
      headers: {
        RequestId: { description: "The id of the function's call, which its logs have.", schema: { type: "string" } },
        RetryAfter: { description: "Seconds to wait before a repeat.", schema: { type: "integer" } },
      },
      schemas: {
        ...derive({ ...requestParts, ...statisticsParts, ...queryParts }),
        ...{ ...keySchemas, ...statisticsSchemas, ...answerSchemas, ...failureSchemas },
      },
    },
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}
