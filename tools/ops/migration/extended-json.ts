/** MongoDB's Extended JSON (v2, canonical and relaxed) -> plain JSON. Works on the text, so that no number loses a digit. */

import { JsonText, JsonTextError } from "../../../lib/base/json-text.ts";

/** A wrapped value in compact JSON, or a string: those are skipped whole, since they may hold the same characters. */
const wrapperOrString = new RegExp(
  [
    String.raw`\{"\$date":(?:"(?<date>[^"\\]*)"|\{"\$numberLong":"(?<longMs>-?\d+)"\}|(?<ms>-?\d+))\}`,
    String.raw`\{"\$oid":(?<oid>"\w*")\}`,
    String.raw`\{"\$number(?:Int|Long|Double|Decimal)":"(?<digits>-?\d[\d.eE+-]*)"\}`,
    String.raw`\{"\$(?<foreign>binary|code|dbPointer|maxKey|minKey|number\w+|regularExpression|symbol|timestamp|undefined)":`,
    String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`,
  ].join("|"),
  "g",
);

type Wrapped = { readonly [form: string]: string | undefined };

/**
 * The same object with dates as ISO 8601 text, ids as text and numbers as numbers.
 * @throws JsonTextError for a value of a type that JSON has no form for, as `$binary` or a `$numberDouble` of NaN
 */
export function toPlainJson({ text }: JsonText): JsonText {
  return new JsonText(
    text.replaceAll(wrapperOrString, (match, ...rest) => {
      const { date, longMs, ms, oid, digits, foreign } = rest.at(-1) as Wrapped;
      if (foreign !== undefined) throw new JsonTextError("", `holds a $${foreign}, which JSON has no form for`);
      if (date !== undefined) return JSON.stringify(date);
      const time = longMs ?? ms;
      return time === undefined ? (oid ?? digits ?? match) : JSON.stringify(toIso(time));
    }),
  );
}

function toIso(ms: string): string {
  const date = new Date(Number(ms));
  if (Number.isNaN(date.getTime())) throw new JsonTextError("", "holds a $date that is out of range");
  return date.toISOString();
}
