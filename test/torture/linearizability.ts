/**
 * Checks whether overlapping calls can have happened one after the other: Wing and Gong's search, with Lowe's memory of
 * visited states. Knows nothing of secrets: a model says what a step does to a state.
 */

/** A step of a call. It happened at one moment between `from` and `to`. */
export interface Event<Step> {
  readonly step: Step;
  readonly from: number;
  /** `null` if the caller does not know the outcome: the step may have happened later, or not at all. */
  readonly to: number | null;
}

export interface Model<State, Step> {
  readonly initial: State;
  /** The state after the step; the same object if nothing changes; `undefined` if the step's outcome is impossible. */
  apply(state: State, step: Step): State | undefined;
  /** A unique string for each state. */
  keyOf(state: State): string;
  /** Whether the step never changes any state. */
  isRead(step: Step): boolean;
  /** Whether the step can change neither this state nor any later one. */
  isSpent(state: State, step: Step): boolean;
}

export type Verdict<State, Step> =
  | { readonly kind: "linearizable" }
  /** The longest possible order: its last state, and the steps that could not come next. */
  | { readonly kind: "impossible"; readonly state: State; readonly stuck: readonly Event<Step>[] }
  /** The search was given up. */
  | { readonly kind: "undecided" };

export function checkLinearizability<State, Step>(
  events: readonly Event<Step>[],
  model: Model<State, Step>,
  maxVisits = 200_000,
): Verdict<State, Step> {
  return new Search(events, model).run(maxVisits);
}

/** A state, and the events that led to it. */
interface Node<State> {
  readonly state: State;
  readonly done: ReadonlySet<number>;
}

class Search<State, Step> {
  readonly #events: readonly Event<Step>[];
  readonly #model: Model<State, Step>;

  constructor(events: readonly Event<Step>[], model: Model<State, Step>) {
    this.#events = [...events].sort((one, other) => one.from - other.from);
    this.#model = model;
  }

  run(maxVisits: number): Verdict<State, Step> {
    const pending: Node<State>[] = [{ state: this.#model.initial, done: new Set() }];
    const seen = new Set<string>();
    let furthest = pending[0] as Node<State>;
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const node = this.#read(next);
      const possible = this.#possible(node);
      if (possible.every((index) => this.#event(index).to === null)) return { kind: "linearizable" };
      // These and the state determine everything that can follow.
      const key = `${possible.join()} ${this.#model.keyOf(node.state)}`;
      if (seen.has(key)) continue;
      if (seen.size === maxVisits) return { kind: "undecided" };
      seen.add(key);
      if (node.done.size > furthest.done.size) furthest = node;
      pending.push(...this.#write(node, possible));
    }
    const stuck = this.#possible(furthest).map((index) => this.#event(index));
    return { kind: "impossible", state: furthest.state, stuck };
  }

  /** Takes every read that the state allows. Taking it now is always right, because it changes nothing. */
  #read({ state, done }: Node<State>): Node<State> {
    const all = new Set(done);
    for (let before = -1; before !== all.size; ) {
      before = all.size;
      for (const index of this.#possible({ state, done: all })) {
        const { step } = this.#event(index);
        if (this.#model.isRead(step) && this.#model.apply(state, step) !== undefined) all.add(index);
      }
    }
    return { state, done: all };
  }

  /** The nodes after one more write. Those that ended first, and that certainly happened, are last and tried first. */
  #write({ state, done }: Node<State>, possible: readonly number[]): Node<State>[] {
    return possible
      .toSorted((one, other) => this.#end(other) - this.#end(one))
      .flatMap((index) => {
        const { step, to } = this.#event(index);
        const next = this.#model.isRead(step) ? undefined : this.#model.apply(state, step);
        // A write with unknown outcome that changes nothing is left out.
        return next === undefined || (to === null && next === state)
          ? []
          : [{ state: next, done: new Set(done).add(index) }];
      });
  }

  /** Events that may come next: no remaining event had ended before they began. */
  #possible({ state, done }: Node<State>): number[] {
    let end = Number.POSITIVE_INFINITY;
    const open: number[] = [];
    for (const [index, { from, to, step }] of this.#events.entries()) {
      if (from > end) break;
      if (done.has(index) || (to === null && this.#model.isSpent(state, step))) continue;
      open.push(index);
      end = Math.min(end, this.#end(index));
    }
    return open;
  }

  #event(index: number): Event<Step> {
    return this.#events[index] as Event<Step>;
  }

  #end(index: number): number {
    return this.#event(index).to ?? Number.POSITIVE_INFINITY;
  }
}
