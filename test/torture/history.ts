/** What the callers of one domain did and saw, ordered by a shared clock. */

import type { Event } from "./linearizability.ts";
import type { Handle, Info, Step, Write } from "./model.ts";

/** The answer of a list: what it showed of each secret. */
interface Listing {
  readonly from: number;
  readonly to: number;
  readonly seen: ReadonlyMap<Handle, Info>;
}

type Conflict = Event<Step> & { readonly step: { readonly kind: "refused" } };

export class History {
  /** Answers that are wrong in any state. */
  readonly flaws: string[] = [];
  calls = 0;
  unknown = 0;
  readonly #events: Event<Step>[] = [];
  readonly #listings: Listing[] = [];
  #time = 0;

  /** The current time; unique. */
  now(): number {
    this.#time += 1;
    return this.#time;
  }

  add(step: Step, from: number): void {
    this.#events.push({ step, from, to: this.now() });
  }

  /** A write whose outcome its caller does not know. */
  addUnknown(write: Write, from: number): void {
    this.unknown += 1;
    this.#events.push({ step: { kind: "done", write, answer: null }, from, to: null });
  }

  addListing(seen: ReadonlyMap<Handle, Info>, from: number): void {
    this.#listings.push({ from, to: this.now(), seen });
  }

  /** All events. A list counts as a separate read of each secret, because it is not a snapshot. */
  events(): readonly Event<Step>[] {
    const created = this.#events.flatMap(({ step, from }) =>
      step.kind === "done" && step.write.kind === "create" ? [{ secret: step.write.secret, from }] : [],
    );
    const handles = new Map(created.map(({ secret, from }) => [secret, from]));
    const reads = this.#listings.flatMap(({ from, to, seen }) =>
      [...handles].flatMap(([secret, createdFrom]): Event<Step>[] => {
        const info = seen.get(secret);
        if (info !== undefined) return [{ step: { kind: "saw", secret, projects: null, info }, from, to }];
        return createdFrom > to
          ? []
          : [{ step: { kind: "saw-none", secret, projects: null, version: null }, from, to }];
      }),
    );
    return [...this.#events.map((event) => (isConflict(event) ? this.#judge(event) : event)), ...reads];
  }

  /** A conflict may be reported if another write ran at the same time. */
  #judge(event: Conflict): Event<Step> {
    const isContended = this.#events.some(
      (other) =>
        other !== event &&
        (other.step.kind === "done" || other.step.kind === "refused") &&
        other.from < (event.to ?? Number.POSITIVE_INFINITY) &&
        (other.to ?? Number.POSITIVE_INFINITY) > event.from,
    );
    return { ...event, step: { ...event.step, isContended } as Step };
  }
}

function isConflict(event: Event<Step>): event is Conflict {
  return event.step.kind === "refused";
}
