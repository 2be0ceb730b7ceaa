/** Builds the answer to `items`: each item in the form of its way in, as long as there is room. */

import { SecretError } from "../base/errors.ts";
import { JsonText, stringifyObject } from "../base/json-text.ts";
import { type ItemAnswer, type ItemAnswers, maxAnswerBytes } from "../method/call.ts";
import { toDirectResult } from "./reply.ts";

type SecretReference = ItemAnswer["reference"];

export interface EndedItem {
  readonly reference: SecretReference;
  /** `null` if the item succeeded. */
  readonly error: SecretError | null;
}

export interface EndedItems {
  /** The whole answer, as the caller gets it. */
  readonly result: object;
  readonly items: readonly EndedItem[];
}

interface Formed extends EndedItem {
  readonly answer: object;
  /** Its size as the caller gets it. */
  readonly bytes: number;
}

/** Reserved for the answer around the items. */
const frameBytes = 100;

/** @param toError makes a thrown value an error of the contract */
export function endItems(
  { answers }: ItemAnswers,
  kind: "http" | "direct",
  toError: (error: unknown) => SecretError,
): EndedItems {
  const formed = answers.map((answer) => form(answer, kind, toError));
  const room = maxAnswerBytes - frameBytes;
  const items = sumOfBytes(formed) <= room ? formed : fitInto(formed, kind, room);
  const results = items.map(({ answer }) => answer);
  const isHttp = kind === "http";
  return { result: { results: isHttp ? new JsonText(`[${results.map(stringifyObject).join(",")}]`) : results }, items };
}

/** Keeps, in order, each item that still fits. The others become errors, for which room is set aside first. */
function fitInto(items: readonly Formed[], kind: "http" | "direct", room: number): readonly Formed[] {
  const tooLarge = items.map(({ reference }) => failed(reference, noRoom(), kind));
  let roomLeft = room - sumOfBytes(tooLarge);
  return items.map((item, index) => {
    const instead = tooLarge[index] ?? item;
    const more = item.bytes - instead.bytes;
    if (more > roomLeft) return instead;
    roomLeft -= Math.max(0, more);
    return item;
  });
}

function sumOfBytes(items: readonly Formed[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function form(item: ItemAnswer, kind: "http" | "direct", toError: (error: unknown) => SecretError): Formed {
  if (item.kind === "failure") return failed(item.reference, toError(item.error), kind);
  try {
    const answer = kind === "http" ? item.result : toDirectResult(item.result);
    return { reference: item.reference, error: null, answer, bytes: bytesOf(item.result, kind) };
  } catch (error) {
    return failed(item.reference, toError(error), kind);
  }
}

function failed({ secret_id, name }: SecretReference, error: SecretError, kind: "http" | "direct"): Formed {
  const named = secret_id === null ? { name } : { secret_id };
  const answer = { ...named, error: { code: error.code, message: error.message } };
  return { reference: { secret_id, name }, error, answer, bytes: bytesOf(answer, kind) };
}

/** Counts the comma after it. Over HTTP the body travels as a JSON string, so its quotes are escaped. */
function bytesOf(answer: object, kind: "http" | "direct"): number {
  const text = stringifyObject(answer);
  return 1 + Buffer.byteLength(kind === "http" ? JSON.stringify(text) : text);
}

function noRoom(): SecretError {
  const reason = "the answer is larger than the 6 MB that a function can return: ask for fewer secrets at once";
  return new SecretError("ERROR_DB_QUERY", { reason });
}
