/** Gives each of several concurrent calls its own faults. Every request of a call contains its marker. */

import type { Fate, ProxiedRequest } from "../store/fault-proxy.ts";
import type { Backend, Functions } from "../support/functions.ts";

/** A point where a call waits for a backend: its request number `index`, from 0. */
export interface Point {
  readonly backend: Backend;
  readonly operation: string;
  readonly index: number;
}

/** The fates of one call's requests. */
export interface Plan {
  readonly fateAt: (point: Point, request: ProxiedRequest) => Fate;
  /** Called when the backend has served the request, before the caller gets the answer. */
  readonly onServed?: (point: Point) => void;
}

/** The marker in a request: in its domain, or in a value of a condition. */
const markerPattern = /case-\d+/;

export class Plans {
  readonly #plans = new Map<string, { readonly plan: Plan; readonly points: Map<ProxiedRequest, Point> }>();
  #cases = 0;

  constructor(proxies: Functions["proxies"]) {
    for (const [backend, proxy] of Object.entries(proxies)) {
      proxy.otherwise = (request) => this.#decide(backend as Backend, request);
      proxy.onServed = (request) => this.#tell(request);
    }
  }

  newMarker(): string {
    this.#cases += 1;
    return `case-${this.#cases}`;
  }

  /** Runs a call under a plan. Also returns its requests. */
  async run<Result>(
    marker: string,
    plan: Plan,
    call: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly points: readonly Point[] }> {
    const points = new Map<ProxiedRequest, Point>();
    this.#plans.set(marker, { plan, points });
    try {
      const result = await call();
      return { result, points: [...points.values()] };
    } finally {
      this.#plans.delete(marker);
    }
  }

  #decide(backend: Backend, request: ProxiedRequest): Fate {
    const planned = this.#find(request);
    if (planned === undefined) return "serve";
    const point = { backend, operation: request.operation, index: planned.points.size };
    planned.points.set(request, point);
    return planned.plan.fateAt(point, request);
  }

  #tell(request: ProxiedRequest): void {
    const planned = this.#find(request);
    const point = planned?.points.get(request);
    if (point !== undefined) planned?.plan.onServed?.(point);
  }

  #find(request: ProxiedRequest) {
    return this.#plans.get(markerPattern.exec(JSON.stringify(request.body))?.[0] ?? "");
  }
}
