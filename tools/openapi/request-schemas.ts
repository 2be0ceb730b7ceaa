/** The messages' schemas, made from those that the functions check requests with. No bound is written down here. */

import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import type { JsonObject } from "../../lib/base/json.ts";
import type { Route } from "../../lib/http/routes.ts";
import { listFields } from "../../lib/request/list.ts";
import {
  createFields,
  deleteFields,
  getDataFields,
  getFields,
  updateDataFields,
  updateFields,
} from "../../lib/request/messages.ts";
import { statFields } from "../../lib/request/stat.ts";
import { notesOf } from "./field-notes.ts";
import { closed, nullable, ref, type Schema, type Schemas } from "./schema.ts";

const messages: { readonly [Name in Route]: { readonly name: string; readonly fields: object } } = {
  create: { name: "CreateSecretRequest", fields: createFields },
  update: { name: "UpdateSecretRequest", fields: updateFields },
  delete: { name: "DeleteSecretRequest", fields: deleteFields },
  "update-data": { name: "UpdateSecretDataRequest", fields: updateDataFields },
  "get-data": { name: "GetSecretDataRequest", fields: getDataFields },
  get: { name: "GetSecretRequest", fields: getFields },
  list: { name: "SecretQuery", fields: listFields },
  stat: { name: "SecretStatQuery", fields: statFields },
};

/** The fields that are a language of their own. */
const languages: { readonly [Name in Route]?: string } = { list: "Query", stat: "StatisticsQuery" };

/** A valibot schema of ours that JSON Schema has no word for, as far as we look at it. */
type Lazy = v.LazySchema<v.GenericSchema>;

const conversion: ConversionConfig = {
  target: "draft-2020-12",
  // A pipe of two schemas is both of them; what is lost by it would be found by test/openapi/agreement.test.ts.
  errorMode: "ignore",
  ignoreActions: ["check", "raw_check", "transform"],
  overrideSchema({ valibotSchema: { type }, valibotSchema }) {
    if (type === "custom") return { type: "object", additionalProperties: true };
    // The schema is chosen by whether the value is a list.
    if (type === "lazy") return { anyOf: ["", []].map((sent) => convert((valibotSchema as Lazy).getter(sent))) };
    return undefined;
  },
};

export function requestName(route: Route): string {
  return messages[route].name;
}

export function requestSchemas(): Schemas {
  const routes = Object.keys(messages) as Route[];
  return Object.fromEntries(routes.map((route) => [requestName(route), requestSchema(route)]));
}

function requestSchema(route: Route): Schema {
  const { properties, required } = convert(v.object(messages[route].fields as v.ObjectEntries)) as {
    readonly properties: Schemas;
    readonly required: readonly string[];
  };
  // Over HTTP the token tells the domain.
  const needed = required.filter((name) => name !== "domain_id");
  const fields = Object.entries(properties).map(([name, schema]) => {
    const sent = fieldSchema(name === "query" ? ref(languages[route] ?? "") : schema);
    return [name, { description: notesOf(route, name), ...(needed.includes(name) ? sent : nullable(sent)) }] as const;
  });
  return closed(Object.fromEntries(fields), needed);
}

/** A value that is sent; an empty text is none. */
function fieldSchema(schema: Schema): Schema {
  if (schema["type"] === "string" && !("enum" in schema)) return { ...schema, minLength: 1 };
  return schema["type"] === "integer" ? { ...schema, type: ["integer", "string"], pattern: "^\\d{1,10}$" } : schema;
}

function convert(schema: v.GenericSchema): JsonObject {
  const { $schema: _, ...converted } = toJsonSchema(schema, conversion);
  // JSON Schema is JSON.
  return converted as JsonObject;
}
