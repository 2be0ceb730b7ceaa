/** Secret data in requests and answers: as JSON, which keeps every digit, and as values if they can hold the same. */

import { type JsonObject, walk } from "../lib/base/json.ts";
import { holdsInexactNumber, type JsonText, JsonTextError, parseJsonText } from "../lib/base/json-text.ts";

/** The data of an answer. */
export interface ExactData {
  /**
   * The data as values. Reading this member throws `InexactNumberError` if a number would change: JavaScript's numbers
   * cannot hold `1234567890123456789`.
   */
  readonly data: JsonObject;
  /** The data as compact JSON, with all digits and in the order in which it was stored. */
  readonly dataText: string;
}

/** The data of a request: as values, or as JSON (an object), which can hold any number. */
export type NewData =
  | { readonly data: JsonObject; readonly dataText?: never }
  | { readonly dataText: string; readonly data?: never };

/** The data holds a number that JavaScript would change. `dataText` has it unchanged. */
export class InexactNumberError extends RangeError {
  override readonly name = "InexactNumberError";
}

/** Adds the data to an answer, in both forms. */
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
 * Turns a request into the message to send.
 * @throws TypeError if `dataText` is not a JSON object or names a member twice, and if `data` has a number that JSON
 *   does not have. The error never quotes the data.
 */
export function toMessage<Request extends NewData>(
  request: Request,
): Omit<Request, "dataText" | "data"> & { readonly data: JsonObject | JsonText } {
  const { dataText, data, ...message } = request;
  if (dataText === undefined) return { ...message, data: toFinite(data) };
  if (data !== undefined) throw new TypeError("The request has both data and dataText: use one of them.");
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

/** Refuses NaN and Infinity, which `JSON.stringify` would turn into `null`. */
function toFinite(data: JsonObject): JsonObject {
  for (const { value } of walk(data)) {
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new TypeError("The data has a number that JSON does not have: NaN, Infinity or -Infinity.");
    }
  }
  return data;
}
