/** What the benchmarks print: tables of text in aligned columns, and sentences. */

export type Cell = string | number;

/** Prints rows under their columns' names; numbers are rounded as `digits` says, and stand to the right. */
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

/** Three digits that count. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.abs(value))))));
}

/** A figure against its target. */
export function verdict(name: string, value: number, most: number): string {
  return `${name}: ${digits(value)} (target ≤ ${most}: ${value <= most ? "reached" : "MISSED"})`;
}
