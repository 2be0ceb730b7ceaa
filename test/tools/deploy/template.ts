/** Reads CloudFormation templates, and turns their values into strings. */

import { isObject } from "../../../lib/base/json.ts";

export interface Resource {
  readonly Type: string;
  readonly Properties: unknown;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Condition?: string;
}

export interface Template {
  readonly Resources: { readonly [id: string]: Resource };
  readonly Outputs: object;
}

/** The resources of a type by id. */
export function resourcesOf({ Resources }: Template, type: string): readonly (readonly [id: string, Resource])[] {
  return Object.entries(Resources).filter(([, { Type }]) => Type === type);
}

/** The value at a path of names; `undefined` if there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
}

/** The list at a path. CloudFormation accepts a single value for a list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

/** `A` for a Ref, `A.Arn` for a GetAtt, the string of a Sub or a Join; anything else as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const [kind, argument] = Object.entries(Object(value))[0] ?? [];
  if (kind === "Ref" || kind === "Fn::Sub") return String(argument);
  if (kind === "Fn::GetAtt" && Array.isArray(argument)) return argument.join(".");
  if (kind === "Fn::Join" && Array.isArray(argument)) return argument[1].map(textOf).join(argument[0]);
  return JSON.stringify(value);
}
