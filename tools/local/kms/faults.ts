/** What the local KMS is told to do wrong, for tests of what its callers do then. */

import * as v from "valibot";
import { KmsError, type KmsErrorCode, kmsErrorStatus } from "./kms-error.ts";
import { isKmsOperation, type KmsOperation } from "./operations.ts";

interface FaultScope {
  /** All operations where absent. */
  readonly operation?: KmsOperation | undefined;
  /** How many requests it spoils; all until cleared where absent. */
  readonly times?: number | undefined;
}

/** `error` answers it, `delay` waits and then goes on as usual, `drop` ends the connection without an answer. */
export type Fault = FaultScope &
  (
    | { readonly kind: "error"; readonly error: KmsErrorCode }
    | { readonly kind: "delay"; readonly delayMs: number }
    | { readonly kind: "drop" }
  );

const scope = {
  operation: v.optional(v.custom<KmsOperation>((name) => typeof name === "string" && isKmsOperation(name))),
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
};
const faultSchema = v.variant("kind", [
  v.strictObject({
    ...scope,
    kind: v.literal("error"),
    error: v.custom<KmsErrorCode>((code) => typeof code === "string" && Object.hasOwn(kmsErrorStatus, code)),
  }),
  v.strictObject({ ...scope, kind: v.literal("delay"), delayMs: v.pipe(v.number(), v.minValue(0)) }),
  v.strictObject({ ...scope, kind: v.literal("drop") }),
]);

/** @throws ValidationException */
export function parseFault(value: unknown): Fault {
  const parsed = v.safeParse(faultSchema, value);
  if (!parsed.success) {
    throw new KmsError("ValidationException", v.summarize(parsed.issues));
  }
  return parsed.output;
}

/** The faults in force, in the order they were added. */
export class Faults {
  #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The faults that this request meets; counts them as used. */
  take(operation: KmsOperation): readonly Fault[] {
    const met = this.#faults.filter(({ fault }) => (fault.operation ?? operation) === operation);
    for (const entry of met) {
      entry.left -= 1;
    }
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    return met.map(({ fault }) => fault);
  }
}
