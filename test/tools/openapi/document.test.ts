/** docs/openapi.json agrees with the code, and is well-formed and complete. */

import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { errors } from "../../../lib/base/errors.ts";
import { type Route, routes } from "../../../lib/http/routes.ts";
import { documentPath, documentText, openApiDocument } from "../../../tools/openapi/document.ts";

interface Response {
  readonly description: string;
  readonly content: object;
}

/** The parts that the tests check. */
interface Document {
  readonly paths: {
    readonly [path: string]: {
      readonly post: {
        readonly security: readonly object[];
        readonly parameters?: readonly object[];
        readonly responses: { readonly [status: string]: Response };
      };
    };
  };
  readonly components: {
    readonly schemas: {
      readonly [name: string]: {
        readonly properties?: { readonly [field: string]: { readonly description?: string } };
      };
    };
  };
}

/**
 * Where a schema leaves to the reader what some readers guess wrongly. An object without a word about its members is an
 * empty one to them, fields beside a choice are one more choice, a list of types is mixed up, and a list without
 * `items` or a schema that is just `false` ends them.
 */
function ambiguities(schema: unknown, at = "#"): readonly string[] {
  if (schema === false && !at.endsWith("/additionalProperties")) return [`${at} is false`];
  if (typeof schema !== "object" || schema === null) return [];
  const {
    type,
    properties,
    additionalProperties,
    items,
    const: _,
    enum: __,
    example,
    examples,
    ...rest
  } = schema as Node;
  const may = (kind: string): boolean => [type].flat().includes(kind);
  const isVague = may("object") && properties === undefined && additionalProperties === undefined;
  const members = Object.entries({ ...rest, properties, additionalProperties, items });
  return [
    ...(isVague ? [`${at} has unknown members`] : []),
    ...([type].flat().filter((kind) => kind !== "null").length > 1 ? [`${at} has several types`] : []),
    ...(properties !== undefined && (rest["anyOf"] ?? rest["oneOf"]) !== undefined
      ? [`${at} has fields or a choice`]
      : []),
    ...(may("array") && items === undefined ? [`${at} has unknown items`] : []),
    ...members.flatMap(([name, member]) => ambiguities(member, `${at}/${name}`)),
  ];
}

interface Node {
  readonly [keyword: string]: unknown;
}

const committed = readFileSync(documentPath, "utf8");
const document = openApiDocument() as unknown as Document;
const names = Object.keys(routes) as Route[];

describe("docs/openapi.json", () => {
  it("is what `npm run openapi` writes", () => {
    expect(committed).toBe(documentText());
  });

  it("follows the recommended rules, with no misleading example or name", async () => {
    // Beside the recommended ones, all of them as errors: what makes a generated client or a reader go wrong.
    const config = await createConfig({
      extends: ["recommended-strict"],
      rules: {
        "operation-description": "error",
        "operation-singular-tag": "error",
        "paths-kebab-case": "error",
        // Every reader can run the local stack.
        "no-server-example.com": "off",
      },
    });

    const problems = await lintFromString({ source: committed, absoluteRef: documentPath.pathname, config });

    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it("has no construct that client generators misread", () => {
    expect(ambiguities(JSON.parse(committed))).toEqual([]);
  });

  it("has no recursive schema, which some generators cannot handle", () => {
    const { schemas } = document.components;
    const partsOf = (name: string): readonly string[] =>
      [...JSON.stringify(schemas[name]).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, part = ""]) => part);
    const isWithin = (name: string, part: string, seen = new Set<string>()): boolean =>
      partsOf(part).some((each) => each === name || (!seen.has(each) && isWithin(name, each, seen.add(each))));

    expect(Object.keys(schemas).filter((name) => isWithin(name, name))).toEqual([]);
  });

  it("has exactly the service's routes", () => {
    const paths = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item)]));

    expect(paths).toEqual(Object.fromEntries(names.map((route) => [`/secret/v1/secret/${route}`, ["post"]])));
  });

  it.each(names)("states the scope of %s, and whether it accepts an Idempotency-Key", (route) => {
    const operation = document.paths[`/secret/v1/secret/${route}`]?.post;

    expect(operation?.security).toEqual([{ token: [routes[route].scope] }, { token: ["secret:system"] }]);
    expect(operation?.parameters ?? []).toEqual(
      routes[route].takesClientToken ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : [],
    );
  });

  it("describes every field of messages and answers", () => {
    const messages = Object.entries(document.components.schemas).filter(([name]) => /Request$|^Secret/.test(name));
    const silent = messages.flatMap(([name, { properties = {} }]) =>
      Object.entries(properties).flatMap(([field, { description = "" }]) =>
        description === "" ? `${name}.${field}` : [],
      ),
    );

    expect(silent).toEqual(["SecretsInfo.results"]);
  });

  it.each(Object.entries(errors))(
    "has %s with its status for the operations that can fail with it",
    (code, { status }) => {
      const responses = Object.values(document.paths).flatMap(({ post }) => Object.entries(post.responses));
      const listing = responses.filter(([, response]) => JSON.stringify(response).includes(`/schemas/${code}"`));

      expect(new Set(listing.map(([at]) => at))).toEqual(new Set([String(status)]));
    },
  );
});
