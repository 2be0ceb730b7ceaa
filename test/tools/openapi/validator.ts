/** Validates values against the document's schemas with ajv, an independent implementation of JSON Schema 2020-12. */

import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { isObject } from "../../../lib/base/json.ts";
import { openApiDocument } from "../../../tools/openapi/document.ts";

/** What is wrong with a value; `null` if it is valid. */
export type Validate = (value: unknown) => readonly ErrorObject[] | null;

/** Closes the schema of every answer, because the service must return no member that it does not describe. */
function closeAnswers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closeAnswers);
  if (!isObject(value)) return value;
  const closed = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closeAnswers(member)]));
  return isObject(value["properties"]) && value["type"] === "object"
    ? { additionalProperties: false, ...closed }
    : closed;
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
ajv.addSchema(closeAnswers(openApiDocument()) as object, "api");

/** A validator for a place in the document, e.g. `["components", "schemas", "Page"]`. */
export function validatorAt(...path: readonly (string | number)[]): Validate {
  const pointer = path.map((part) => encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1")));
  const validate = ajv.compile({ $ref: `api#/${pointer.join("/")}` });
  return (value) => (validate(value) ? null : (validate.errors ?? []));
}
