/** Builds the answer to `items`: each item in the form of its way in, as long as there is room. */

import { SecretError } from "../base/errors.ts";
import { JsonText, stringifyObject } from "../base/json-text.ts";
import { type ItemAnswer, type ItemAnswers, maxAnswerBytes } from "../method/call.ts";
import { maxBytesPerUnit, toDirectForm } from "./reply.ts";

type SecretReference = ItemAnswer["reference"];

export interface EndedItem {
  readonly reference: SecretReference;
  /** `null` if the item succeeded. */
  readonly error: SecretError | null;
}

export interface EndedItems {
  /** The whole answer: as a direct invocation returns it, or for `toHttpResult`. */
  readonly result: object;
  readonly items: readonly EndedItem[];
}

interface Formed extends EndedItem {
  /** As a direct invocation returns it. */
  readonly answer: object;
  /** The same as JSON. */
  readonly text: string;
}

/** Reserved for the answer around the items. */
const frameBytes = 100;

/** @param toError makes a thrown value an error of the API */
export function endItems(
  { answers }: ItemAnswers,
  kind: "http" | "direct",
  toError: (error: unknown) => SecretError,
): EndedItems {
  const formed = answers.map((answer) => form(answer, kind, toError));
  const room = maxAnswerBytes - frameBytes;
  // Checks a cheap upper bound first.
  const units = sum(formed.map(({ text }) => text.length));
  const items = units * maxBytesPerUnit <= room ? formed : fitInto(formed, kind, room);
  const texts = () => new JsonText(`[${items.map(({ text }) => text).join(",")}]`);
  return { result: { results: kind === "http" ? texts() : items.map(({ answer }) => answer) }, items };
}

/** Keeps, in order, each item that still fits. The others become errors, for which room is set aside first. */
function fitInto(items: readonly Formed[], kind: "http" | "direct", room: number): readonly Formed[] {
  const sizes = items.map((item) => bytesOf(item, kind));
  if (sum(sizes) <= room) return items;
  const tooLarge = items.map(({ reference }) => failed(reference, noRoom()));
  let roomLeft = room - sum(tooLarge.map((item) => bytesOf(item, kind)));
  return items.map((item, index) => {
    const instead = tooLarge[index] ?? item;
    const more = (sizes[index] ?? 0) - bytesOf(instead, kind);
    if (more > roomLeft) return instead;
    roomLeft -= Math.max(0, more);
    return item;
  });
}

function form(item: ItemAnswer, kind: "http" | "direct", toError: (error: unknown) => SecretError): Formed {
  const { reference } = item;
  if (item.kind === "failure") return failed(reference, toError(item.error));
  try {
    const answer = kind === "http" ? item.result : toDirectForm(item.result);
    return { reference, error: null, answer, text: stringifyObject(item.result) };
  } catch (error) {
    return failed(reference, toError(error));
  }
}

function failed({ secret_id, name }: SecretReference, error: SecretError): Formed {
  const named = secret_id === null ? { name } : { secret_id };
  const answer = { ...named, error: { code: error.code, message: error.message } };
  return { reference: { secret_id, name }, error, answer, text: JSON.stringify(answer) };
}

/** Counts the comma after the item. Over HTTP the body travels as a JSON string, so its quotes are escaped. */
function bytesOf({ text }: Formed, kind: "http" | "direct"): number {
  return 1 + Buffer.byteLength(kind === "http" ? JSON.stringify(text) : text);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

function noRoom(): SecretError {
  const reason = "the answer is larger than the 6 MB that a function can return: ask for fewer secrets at once";
  return new SecretError("ERROR_DB_QUERY", { reason });
}
