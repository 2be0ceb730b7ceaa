/** The forms that messages inside a query are made of. */

import { closed, type Schema, type Schemas } from "./schema.ts";

export const text: Schema = { type: "string" };
export const bool: Schema = { type: "boolean" };

/** Also as decimal text, as proto3 JSON has it. */
export function integer(minimum: number, maximum: number): Schema {
  return { type: ["integer", "string"], minimum, maximum, pattern: "^-?\\d+$" };
}

const aliases = { key: "k", operator: "o", value: "v", name: "n" } as const;

type Name = keyof typeof aliases;
type Aliased = { readonly [Field in Name]?: Schema };

/** The fields of a message: of those with a short name, which are needed and which are not, and all others. */
interface Fields {
  readonly needed?: Aliased;
  readonly optional?: Aliased;
  readonly others?: Schemas;
  readonly required?: readonly string[];
}

/** An object some of whose fields have a short name as well; each is sent by one of its names. */
export function aliased({ needed = {}, optional = {}, others = {}, required = [] }: Fields): Schema {
  const named = Object.entries({ ...needed, ...optional }).flatMap(([name, schema]) => [
    [name, schema] as const,
    [aliases[name as Name], { ...schema, description: `Short for \`${name}\`.` }] as const,
  ]);
  const oneOf = namesOf(needed).map((name) => ({ oneOf: [{ required: [name] }, { required: [aliases[name]] }] }));
  const notBoth = namesOf(optional).map((name) => ({ not: { required: [name, aliases[name]] } }));
  return {
    ...closed({ ...Object.fromEntries(named), ...others }, required),
    allOf: [...oneOf, ...notBoth],
  };
}

function namesOf(fields: Aliased): readonly Name[] {
  return Object.keys(fields) as Name[];
}
