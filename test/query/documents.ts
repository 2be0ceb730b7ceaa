/** Random secrets for property tests: nested tags, arrays, nulls, missing keys, mixed types, text beyond the BMP. */

import fc from "fast-check";
import type { Row } from "../../lib/query/path.ts";

const texts = ["", "a", "A", "ab", "b", "é", "É", "3", "가", "x y", "\ud7ff", "\uffff", "😀", "😀a"];

export const scalar: fc.Arbitrary<unknown> = fc.constantFrom(null, true, false, 0, 1, -1, 2.5, 10, ...texts);
export const tagKey: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c");

const { value, object } = fc.letrec<{ value: unknown; object: object; item: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, scalar, fc.array(tie("item"), { maxLength: 3 }), tie("object")),
  item: fc.oneof({ maxDepth: 3 }, scalar, tie("object")),
  object: fc.dictionary(tagKey, tie("value"), { maxKeys: 3, noNullPrototype: true }),
}));

/** A value of a tag. There are no arrays in arrays, for which the engines differ. */
export const tagValue: fc.Arbitrary<unknown> = value;
export const tagObject: fc.Arbitrary<object> = object;

export interface Document extends Row {
  readonly secret_id: string;
  readonly name: string;
  readonly provider?: string | null;
  readonly tags: { readonly [key: string]: unknown };
}

function documents(tag: fc.Arbitrary<unknown>): fc.Arbitrary<readonly Document[]> {
  const tags = fc.dictionary(tagKey, tag, { maxKeys: 3, noNullPrototype: true });
  const document = fc.record(
    { name: fc.constantFrom(...texts), provider: fc.constantFrom("aws", "azure", "gcp"), tags },
    { requiredKeys: ["name", "tags"], noNullPrototype: true },
  );
  return fc
    .array(document, { maxLength: 12 })
    .map((list) => list.map((one, index) => ({ ...one, secret_id: String.fromCodePoint(97 + index) })));
}

export const nestedDocuments: fc.Arbitrary<readonly Document[]> = documents(tagValue);
/** Tags have only scalars. */
export const flatDocuments: fc.Arbitrary<readonly Document[]> = documents(scalar);

/** The document in the original's database, where unset fields are null. */
export function asStored(document: Document): Document {
  return { provider: null, schema: null, ...document };
}
