/** Converts MongoDB's Extended JSON (v2, canonical and relaxed) to JSON. Works on the string, so that digits stay. */

import { JsonText, JsonTextError } from "../../../lib/base/json-text.ts";

/** A wrapped value in compact JSON. Also matches strings, which are skipped, because they may look like one. */
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
 * Converts dates to ISO 8601 strings, ids to strings, and wrapped numbers to numbers.
 * @throws JsonTextError for a type that JSON does not have, such as `$binary` or a `$numberDouble` of NaN
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
