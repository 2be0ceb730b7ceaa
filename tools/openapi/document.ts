/** Builds the API's OpenAPI 3.1 document from the tables of the code. */

import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { JsonObject, JsonValue } from "../../lib/base/json.ts";
import { limits } from "../../lib/secret/secret.ts";
import { answerSchemas } from "./answer-schemas.ts";
import { derive } from "./derive.ts";
import { failureSchemas } from "./failures.ts";
import { paths, scopes, tags } from "./operations.ts";
import { keySchemas, queryParts } from "./query-parts.ts";
import { requestParts } from "./request-parts.ts";
import { statisticsParts, statisticsSchemas } from "./statistics-parts.ts";

/** The committed document. */
export const documentPath: URL = new URL("../../docs/openapi.json", import.meta.url);

const maxColumns = 120;

const packageSchema = v.object({ version: v.string(), license: v.string() });

const description = `Cloudforet's Secret API: eight methods for the cloud credentials of many tenants. Each is a \`POST\` with a JSON object.

Fields follow proto3: \`null\` anywhere, and \`""\`, \`0\`, \`false\` and \`[]\` in a plain field, count as not sent. There are two
exceptions: in a condition's value, \`null\` is a value; and \`data\`, \`tags\` and \`query\` count as sent even if they are empty.

The schemas describe the values that count as sent, and \`null\` for a message's own fields. The service enforces every limit in a
schema. Descriptions state the rules that a schema cannot express. Strings must be well-formed Unicode, no member may occur twice, and a body may
have at most 2 MiB.`;

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
          description:
            "A JWT from the issuer that the deployment trusts, with the claim `domain_id`, sent as a bearer token.",
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
        RequestId: {
          description: "The id of the call, which is also in the function's logs.",
          schema: { type: "string" },
        },
        RetryAfter: { description: "Seconds to wait before a retry.", schema: { type: "integer" } },
      },
      schemas: {
        ...derive({ ...requestParts, ...statisticsParts, ...queryParts }),
        ...{ ...keySchemas, ...statisticsSchemas, ...answerSchemas, ...failureSchemas },
      },
    },
  };
}

/** The document as a file, formatted like all files of the project. */
export function documentText(): string {
  return `${format(openApiDocument(), "", 0)}\n`;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}

/** Lists of scalars are on one line if they fit. `before`: the used width of that line, including a comma. */
function format(value: JsonValue, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    if (before + line.length <= maxColumns) return line;
  }
  const names = Array.isArray(value)
    ? value.map(() => "")
    : Object.keys(value).map((name) => `${JSON.stringify(name)}: `);
  const items: readonly JsonValue[] = Object.values(value);
  const lines = items.map((item, index) => {
    const start = `${inner}${names[index]}`;
    const comma = index < items.length - 1 ? "," : "";
    return `${start}${format(item, inner, start.length + comma.length)}${comma}`;
  });
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join("\n")}\n${indent}${close}`;
}
