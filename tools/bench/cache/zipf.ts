/** Which of many secrets is read, where few are read often: Zipf's distribution. Pure. */

/** Takes a number from 0 to 1, gives the rank of a secret from 0. */
export type Zipf = (random: number) => number;

/** The k-th secret is read in proportion to 1 / k^exponent. */
export function zipf(secrets: number, exponent: number): Zipf {
  const cumulative = new Float64Array(secrets);
  let total = 0;
  for (let rank = 0; rank < secrets; rank += 1) {
    total += 1 / (rank + 1) ** exponent;
    cumulative[rank] = total;
  }
  return (random) => {
    const wanted = random * total;
    let [low, high] = [0, secrets - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
