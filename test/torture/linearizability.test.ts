/** Compares the search for an order with trying all orders. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLinearizability, type Event, type Model } from "./linearizability.ts";

/** A register: writes set a value, reads return it, and `add` is refused above 2. */
type Step =
  | { readonly kind: "write"; readonly value: number }
  | { readonly kind: "read"; readonly value: number }
  | { readonly kind: "add" };

const register: Model<number, Step> = {
  initial: 0,
  apply: (state, step) => {
    switch (step.kind) {
      case "write":
        return step.value;
      case "read":
        return step.value === state ? state : undefined;
      case "add":
        return state < 3 ? state + 1 : undefined;
    }
  },
  keyOf: String,
  isRead: ({ kind }) => kind === "read",
  isSpent: () => false,
};

/** Whether some order of the events, with or without each uncertain one, is right. */
function isExplained(events: readonly Event<Step>[], state = register.initial): boolean {
  if (events.every(({ to }) => to === null)) return true;
  return events.some((event) => {
    const others = events.filter((other) => other !== event);
    const isFirst = others.every(({ to }) => to === null || to > event.from);
    const next = register.apply(state, event.step);
    return isFirst && next !== undefined && isExplained(others, next);
  });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), value: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant("read" as const), value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant("add" as const) }),
);

/** Up to seven events, whose times are a shuffled 0, 1, 2, …. Some writes never end. */
const history: fc.Arbitrary<readonly Event<Step>[]> = fc
  .array(fc.record({ step, isCertain: fc.integer({ min: 0, max: 4 }) }), { minLength: 1, maxLength: 7 })
  .chain((events) =>
    fc
      .shuffledSubarray(
        Array.from({ length: events.length * 2 }, (_, time) => time),
        { minLength: events.length * 2 },
      )
      .map((times) =>
        events.map(({ step: made, isCertain }, index) => {
          const [one = 0, other = 0] = times.slice(index * 2, index * 2 + 2);
          const isUnknown = isCertain === 0 && made.kind !== "read";
          return { step: made, from: Math.min(one, other), to: isUnknown ? null : Math.max(one, other) };
        }),
      ),
  );

const event = (from: number, to: number | null, made: Step): Event<Step> => ({ from, to, step: made });

describe("checkLinearizability", () => {
  it("finds an order exactly if there is one", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        const { kind } = checkLinearizability(events, register);

        expect(kind).toBe(isExplained(events) ? "linearizable" : "impossible");
      }),
      { numRuns: 3000 },
    );
  });

  it("reports the longest order, and the calls that could not come next", () => {
    const write = event(1, 2, { kind: "write", value: 1 });
    const stale = event(3, 4, { kind: "read", value: 0 });

    expect(checkLinearizability([stale, write], register)).toEqual({ kind: "impossible", state: 1, stuck: [stale] });
  });

  it("allows an unanswered call to happen late or never", () => {
    const lost = event(1, null, { kind: "write", value: 2 });
    const before = event(2, 3, { kind: "read", value: 0 });
    const after = event(4, 5, { kind: "read", value: 2 });

    expect(checkLinearizability([lost, before], register)).toEqual({ kind: "linearizable" });
    expect(checkLinearizability([lost, before, after], register)).toEqual({ kind: "linearizable" });
    expect(checkLinearizability([lost, after, event(6, 7, { kind: "read", value: 0 })], register)).toMatchObject({
      kind: "impossible",
    });
  });

  it("gives up at the given limit", () => {
    const many = Array.from({ length: 12 }, (_, value) => event(value, null, { kind: "write", value }));
    const unseen = event(20, 21, { kind: "read", value: 99 });

    expect(checkLinearizability([...many, unseen], register, 100)).toEqual({ kind: "undecided" });
  });
});
