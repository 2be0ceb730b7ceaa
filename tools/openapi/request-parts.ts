/** The messages of the eight methods, from the schemas that the functions check requests with. */

import * as v from "valibot";
import type { Route } from "../../lib/http/routes.ts";
import { listFields } from "../../lib/request/list.ts";
import {
  createFields,
  deleteFields,
  getDataFields,
  getFields,
  references,
  updateDataFields,
  updateFields,
} from "../../lib/request/messages.ts";
import { statFields } from "../../lib/request/stat.ts";
import type { Part, Parts } from "./derive.ts";
import { notesOf } from "./field-notes.ts";
import { closed, nullable, ref, type Schema, type Schemas } from "./schema.ts";

interface MessageRow {
  readonly name: string;
  readonly fields: object;
  /** Of these a request has exactly one. */
  readonly alternatives?: readonly string[];
}

const messages: { readonly [Name in Route]: MessageRow } = {
  create: { name: "CreateSecretRequest", fields: createFields },
  update: { name: "UpdateSecretRequest", fields: updateFields },
  delete: { name: "DeleteSecretRequest", fields: deleteFields },
  "update-data": { name: "UpdateSecretDataRequest", fields: updateDataFields },
  "get-data": { name: "GetSecretDataRequest", fields: getDataFields, alternatives: references },
  get: { name: "GetSecretRequest", fields: getFields, alternatives: references },
  list: { name: "SecretQuery", fields: listFields },
  stat: { name: "SecretStatQuery", fields: statFields },
};

/** The fields that are a language of their own. */
const languages: { readonly [Name in Route]?: string } = { list: "Query", stat: "StatisticsQuery" };

export function requestName(route: Route): string {
  return messages[route].name;
}

export const requestParts: Parts = Object.fromEntries(
  Object.keys(messages).map((route) => [requestName(route as Route), requestPart(route as Route)]),
);

function requestPart(route: Route): Part {
  return {
    schema: v.object(messages[route].fields as v.ObjectEntries),
    tell({ properties, required }) {
      // Over HTTP the token tells the domain.
      const needed = required.filter((name) => name !== "domain_id");
      const fields = Object.entries(properties).map(([name, schema]) => {
        const sent = name === "query" ? ref(languages[route] ?? "") : sentSchema(schema);
        const field = needed.includes(name) ? sent : nullable(sent);
        return [name, { description: notesOf(route, name), ...field }] as const;
      });
      return { ...closed(Object.fromEntries(fields), needed), ...exactlyOne(properties, messages[route].alternatives) };
    },
  };
}

/** One that is `null` is not sent. */
function exactlyOne(properties: Schemas, names: readonly string[] = []): Schema {
  const sent = (name: string) => ({
    properties: { [name]: { type: properties[name]?.["type"] ?? null } },
    required: [name],
  });
  return names.length === 0 ? {} : { allOf: [{ oneOf: names.map(sent) }] };
}

/** Of a value that is sent: an empty text is none. */
function sentSchema(schema: Schema): Schema {
  return schema["type"] === "string" && !("enum" in schema) ? { ...schema, minLength: 1 } : schema;
}
