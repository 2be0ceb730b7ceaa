/** Secret data on its way in and out: as JSON text, which keeps every digit, and as values where those say the same. */

import { type JsonObject, walk } from "../lib/base/json.ts";
import { holdsInexactNumber, type JsonText, JsonTextError, parseJsonText } from "../lib/base/json-text.ts";

/** Data of an answer. */
export interface ExactData {
  /**
   * The data as values. Reading this member throws `InexactNumberError` where a number would come out as another:
   * `1234567890123456789` is no JavaScript number.
   */
  readonly data: JsonObject;
  /** The data as compact JSON text, digit for digit and in its order, as it was stored. */
  readonly dataText: string;
}

/** Data of a request: as values, or as the text of a JSON object, which keeps what values cannot hold. */
export type NewData =
  | { readonly data: JsonObject; readonly dataText?: never }
  | { readonly dataText: string; readonly data?: never };

/** The data holds a number that JavaScript's would change. The text has it as it is: `dataText`. */
export class InexactNumberError extends RangeError {
  override readonly name = "InexactNumberError";
}

/** The answer with its data in both forms. */
export function withData<Answer extends object>(answer: Answer, { text }: JsonText): Omit<Answer, "data"> & ExactData {
  if (!holdsInexactNumber(text)) return { ...answer, data: JSON.parse(text) as JsonObject, dataText: text };
  const refuse = () => {
    throw new InexactNumberError(
      "The data holds a number that JavaScript would change: read dataText instead of data.",
    );
  };
  return Object.defineProperty({ ...answer, data: {}, dataText: text }, "data", { get: refuse, enumerable: true });
}

/**
 * The request with its data as the message has it.
 * @throws TypeError where `dataText` is no text of a JSON object or names one member twice, and where `data` has a
 *   number that JSON does not have. The message quotes nothing of it.
 */
export function toMessage<Request extends NewData>(
  request: Request,
): Omit<Request, "dataText" | "data"> & { readonly data: JsonObject | JsonText } {
  const { dataText, data, ...message } = request;
  if (dataText === undefined) return { ...message, data: toFinite(data) };
  if (data !== undefined) throw new TypeError("The request has both data and dataText: give one of them.");
  return { ...message, data: parseDataText(dataText) };
}

function parseDataText(text: string): JsonText {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new TypeError(`dataText ${error.message}.`);
  }
}

/** `JSON.stringify` would make `null` of them. */
function toFinite(data: JsonObject): JsonObject {
  for (const { value } of walk(data)) {
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new TypeError("The data has a number that JSON does not have: NaN, Infinity or -Infinity.");
    }
  }
  return data;
}
