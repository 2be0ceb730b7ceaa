/** Computes figures from samples, and prints them in tables and sentences. */

export type Cell = string | number;

/** Prints rows under the names of their columns. Numbers are rounded by `digits`, and right-aligned. */
export function printTable(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === "number" ? digits(cell) : cell)));
  const widths = columns.map((name, index) => Math.max(name.length, ...texts.map((row) => row[index]?.length ?? 0)));
  const isNumber = columns.map((_, index) => typeof rows[0]?.[index] === "number");
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => (isNumber[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join("  ")
      .trimEnd();
  print(["", title, line(columns), line(widths.map((width) => "-".repeat(width))), ...texts.map(line)].join("\n"));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rounds to three significant digits. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.abs(value))))));
}

/** Compares a figure with its target. */
export function verdict(name: string, value: number, most: number): string {
  return `${name}: ${digits(value)} (target ≤ ${most}: ${value <= most ? "reached" : "MISSED"})`;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The smallest sample that is at least as large as this share of all samples; NaN without samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Pseudorandom numbers from 0 to 1, the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
