/** Values as keys of a `Map`: equal values are one key, whatever they are made of. */

import { isObject } from "../base/json.ts";
import { compareTexts } from "./text.ts";

/** Stands for all objects, arrays or dates that are equal. */
export class Composite {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Gives the key of a value: itself where it is a scalar, one `Composite` for all equal ones else. */
export function keyMaker(): (value: unknown) => unknown {
  const composites = new Map<string, Composite>();
  return (value) => {
    if (typeof value !== "object" || value === null) return value;
    const text = toCanonicalText(value);
    let composite = composites.get(text);
    if (composite === undefined) {
      composite = new Composite(value);
      composites.set(text, composite);
    }
    return composite;
  };
}

/** One text for all equal values. */
export function toCanonicalText(value: unknown): string {
  if (value instanceof Date) return `@${value.getTime()}`;
  if (Array.isArray(value)) return `[${value.map(toCanonicalText).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "";
  const members = Object.keys(value)
    .sort(compareTexts)
    .map((name) => `${JSON.stringify(name)}:${toCanonicalText(value[name])}`);
  return `{${members.join()}}`;
}
