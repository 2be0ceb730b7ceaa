/** The messages of the eight methods, from the schemas that parse requests. */

import * as v from "valibot";
import { isObject } from "../../lib/base/json.ts";
import type { Route } from "../../lib/http/routes.ts";
import { listFields } from "../../lib/request/list.ts";
import {
  createFields,
  dataAlternatives,
  deleteFields,
  getDataFields,
  getFields,
  ofOneSecret,
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
  /** A request has exactly one of these. */
  readonly alternatives?: readonly string[];
}

const messages: { readonly [Name in Route]: MessageRow } = {
  create: { name: "CreateSecretRequest", fields: createFields },
  update: { name: "UpdateSecretRequest", fields: updateFields },
  delete: { name: "DeleteSecretRequest", fields: deleteFields },
  "update-data": { name: "UpdateSecretDataRequest", fields: updateDataFields },
  "get-data": { name: "GetSecretDataRequest", fields: getDataFields, alternatives: dataAlternatives },
  get: { name: "GetSecretRequest", fields: getFields, alternatives: references },
  list: { name: "SecretQuery", fields: listFields },
  stat: { name: "SecretStatQuery", fields: statFields },
};

/** The schema of each route's `query`. */
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
      // Over HTTP the token has the domain.
      const needed = required.filter((name) => name !== "domain_id");
      const fields = Object.entries(properties).map(([name, schema]) => {
        const sent = name === "query" ? ref(languages[route] ?? "") : sentSchema(route, schema);
        const field = needed.includes(name) ? sent : nullable(sent);
        return [name, { description: notesOf(route, name), ...field }] as const;
      });
      return { ...closed(Object.fromEntries(fields), needed), ...exactlyOne(properties, messages[route].alternatives) };
    },
  };
}

/** `null` means "not sent". Beside `items`, fields about one secret must not be sent. */
function exactlyOne(properties: Schemas, names: readonly string[] = []): Schema {
  const unsent = Object.fromEntries(ofOneSecret.map((name) => [name, { type: "null" }]));
  const sent = (name: string) => ({
    properties:
      name === "items"
        ? { items: { type: "array", items: {} }, ...unsent }
        : { [name]: { type: properties[name]?.["type"] ?? null } },
    required: [name],
  });
  return names.length === 0 ? {} : { allOf: [{ oneOf: names.map(sent) }] };
}

/** The schema of a sent value: an empty string means "not sent". */
function sentSchema(route: Route, schema: Schema): Schema {
  const { type, items } = schema;
  if (type === "array" && isMessage(items)) return { ...schema, items: itemSchema(route, items) };
  return type === "string" && !("enum" in schema) ? { ...schema, minLength: 1 } : schema;
}

function isMessage(items: unknown): items is Schema & { readonly properties: Schemas } {
  return isObject(items) && isObject(items["properties"]);
}

/** The schema of an item of a list. */
function itemSchema(route: Route, { properties }: { readonly properties: Schemas }): Schema {
  const fields = Object.entries(properties).map(([name, schema]) => {
    return [name, { description: notesOf(route, name), ...nullable(sentSchema(route, schema)) }] as const;
  });
  return { ...closed(Object.fromEntries(fields)), ...exactlyOne(properties, references) };
}
