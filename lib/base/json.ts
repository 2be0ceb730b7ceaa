/** JSON values as types, and how to walk and merge them. */

export type JsonValue = string | number | boolean | null | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Whether a value is an object, and neither `null` nor an array. Its members are not checked. */
export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value inside another. `depth` counts the objects and arrays around it; `key` is its name in an object. */
export interface Nested {
  readonly key: string | null;
  readonly value: unknown;
  readonly depth: number;
}

/**
 * Applies a JSON Merge Patch (RFC 7396): members of the patch replace those of the target, objects are merged, and
 * `null` removes a member. Neither argument is changed. Recursive: the caller must limit the depth.
 */
export function mergePatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key) ?? null, value));
  }
  return Object.fromEntries(merged);
}

/** Yields a value and everything inside it. Not recursive, so that deep nesting cannot exhaust the stack. */
export function* walk(root: unknown): Generator<Nested> {
  const pending: Nested[] = [{ key: null, value: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    for (const inner of membersOf(next)) pending.push(inner);
  }
}

function membersOf({ value, depth }: Nested): readonly Nested[] {
  if (Array.isArray(value)) return value.map((item: unknown) => ({ key: null, value: item, depth: depth + 1 }));
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, item]) => ({ key, value: item, depth: depth + 1 }));
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return isObject(value);
}
