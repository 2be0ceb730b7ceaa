/** JSON as types and as text. Nothing here knows what a message means. */

export type JsonValue = string | number | boolean | null | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Whether a value is an object that is neither `null` nor an array; its members are not looked at. */
export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value inside another; `depth` counts the objects and arrays that hold it, `key` is its name in an object. */
export interface Nested {
  readonly key: string | null;
  readonly value: unknown;
  readonly depth: number;
}

/** A value and all that is inside it. Keeps a list of its own: no nesting, however deep, can exhaust the stack. */
export function* walk(root: unknown): Generator<Nested> {
  const pending: Nested[] = [{ key: null, value: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    const { value, depth } = next;
    if (Array.isArray(value)) {
      for (const item of value) pending.push({ key: null, value: item, depth: depth + 1 });
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) pending.push({ key, value: item, depth: depth + 1 });
    }
  }
}
