/** What DynamoDB gives of one partition, where all rows of a domain lie at first. */

/** Read units a second, and as many at once. */
export const partitionUnits = 3000;

export class Partition {
  refused = 0;
  #units = partitionUnits;
  #countedAt = performance.now();

  /** Whether there is anything left; what a request takes is known when it was served, so that it may be too much. */
  admits(): boolean {
    const now = performance.now();
    this.#units = Math.min(partitionUnits, this.#units + ((now - this.#countedAt) / 1000) * partitionUnits);
    this.#countedAt = now;
    if (this.#units > 0) return true;
    this.refused += 1;
    return false;
  }

  take(units: number): void {
    this.#units -= units;
  }
}
