/** Reads that arrive at random at as many containers as Lambda starts for them, each with a data-key cache of its own. Pure. */

import type { Zipf } from "../cache/zipf.ts";
import { quantile, seededRandom } from "../measure/statistics.ts";

export interface FleetLoad {
  readonly readsPerSecond: number;
  /** For how long the rate grows to that; 0: it is there from the first moment. */
  readonly rampMs: number;
  readonly popularity: Zipf;
  /** Medians: of a read whose key is in memory, what a key from KMS adds, what a new container adds. */
  readonly readMs: number;
  readonly kmsMs: number;
  readonly coldMs: number;
  readonly maxAgeMs: number;
  readonly maxKeys: number;
}

export interface Fleet {
  /** Started in all: as many as reads were under way at once, at the most. */
  readonly containers: number;
  /** Of the reads after the caches have filled. */
  readonly hitShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The cache's rule on numbers: first in, first out, bounded in number and age. @see DataKeyCache */
class Container {
  freeAt = 0;
  readonly #expiresAt = new Map<number, number>();

  /** Whether the key was in memory; afterwards it is. */
  read(secret: number, now: number, { maxAgeMs, maxKeys }: FleetLoad): boolean {
    for (const [oldest, expiresAt] of this.#expiresAt) {
      if (expiresAt > now) break;
      this.#expiresAt.delete(oldest);
    }
    if (this.#expiresAt.has(secret)) return true;
    this.#expiresAt.set(secret, now + maxAgeMs);
    for (const oldest of this.#expiresAt.keys()) {
      if (this.#expiresAt.size <= maxKeys) break;
      this.#expiresAt.delete(oldest);
    }
    return false;
  }
}

/** Of the rate, with which it begins to grow. */
const firstShare = 0.01;

/** Spread of a request's time around its median, as the logarithm's standard deviation. */
const spread = 0.4;

/** @param countedMs how long reads are counted, after the caches have filled */
export function simulateFleet(load: FleetLoad, countedMs = 30_000): Fleet {
  const random = seededRandom(1);
  const busy = new Busy();
  const idle: Container[] = [];
  const times: number[] = [];
  let [now, containers, counted, hits] = [0, 0, 0, 0];
  while (now < load.maxAgeMs + countedMs) {
    const rate = load.readsPerSecond * Math.max(firstShare, Math.min(1, (now + 1) / (load.rampMs + 1)));
    now += (-Math.log(1 - random()) / rate) * 1000;
    idle.push(...busy.takeFree(now));
    // The one that was used last, as far as Lambda is known to choose.
    const known = idle.pop();
    const container = known ?? new Container();
    containers += known === undefined ? 1 : 0;
    const isHit = container.read(load.popularity(random()), now, load);
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const medianMs = load.readMs + (isHit ? 0 : load.kmsMs);
    const ms = medianMs * Math.exp(spread * normal) + (known === undefined ? load.coldMs : 0);
    container.freeAt = now + ms;
    busy.add(container);
    if (now < load.maxAgeMs) continue;
    counted += 1;
    hits += isHit ? 1 : 0;
    times.push(ms);
  }
  return { containers, hitShare: hits / counted, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

/** Busy containers, the one that is free first at the root of a heap. */
class Busy {
  readonly #heap: Container[] = [];

  add(container: Container): void {
    const heap = this.#heap;
    heap.push(container);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) break;
      child = parent;
    }
  }

  takeFree(now: number): Container[] {
    const free: Container[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.freeAt <= now; first = this.#heap[0]) {
      free.push(first);
      this.#removeFirst();
    }
    return free;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const child = this.#freeAt(left + 1) < this.#freeAt(left) ? left + 1 : left;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #swapIfLater(parent: number, child: number): boolean {
    const [above, below] = [this.#heap[parent], this.#heap[child]];
    if (above === undefined || below === undefined || above.freeAt <= below.freeAt) return false;
    this.#heap[parent] = below;
    this.#heap[child] = above;
    return true;
  }

  #freeAt(index: number): number {
    return this.#heap[index]?.freeAt ?? Number.POSITIVE_INFINITY;
  }
}
