/** A plot of lines over a logarithmic axis. */

import { colours, line, short, text, writePlot } from "./svg.ts";

export interface Lines {
  readonly title: string;
  readonly x: { readonly name: string; readonly values: readonly number[] };
  readonly y: { readonly name: string; readonly isLogarithmic?: boolean; readonly ticks: readonly number[] };
  /** A value for each of x; what is below the axis is left out. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** A value of y that is marked. */
  readonly mark?: { readonly name: string; readonly value: number };
}

const [width, height] = [760, 380];
const area = { left: 70, right: 540, top: 44, bottom: 330 };

export function writeLines(file: string, { title, x, y, series, mark }: Lines): void {
  const atX = scale([Math.min(...x.values), Math.max(...x.values)], [area.left, area.right], true);
  const isLogarithmic = y.isLogarithmic === true;
  const atY = scale([Math.min(...y.ticks), Math.max(...y.ticks)], [area.bottom, area.top], isLogarithmic);
  const grid = y.ticks.flatMap((tick) => [
    line([area.left, atY(tick)], [area.right, atY(tick)], 'stroke="#ddd"'),
    text(area.left - 6, atY(tick) + 4, short(tick), { anchor: "end", size: 10 }),
  ]);
  const ticks = x.values.length > 6 ? powersOfTen(x.values) : x.values;
  const labels = ticks.map((tick) => text(atX(tick), area.bottom + 16, short(tick), { anchor: "middle", size: 10 }));
  const curves = series.flatMap(({ name, values }, index) => {
    const colour = colours[index % colours.length] ?? "#000";
    const points = x.values.flatMap((at, place) => {
      const value = values[place] ?? Number.NaN;
      return value >= Math.min(...y.ticks) ? [`${atX(at).toFixed(1)},${atY(value).toFixed(1)}`] : [];
    });
    return [
      `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text(area.right + 14, area.top + 14 + index * 18, `— ${name}`, { colour, size: 11 }),
    ];
  });
  const marks =
    mark === undefined
      ? []
      : [
          line([area.left, atY(mark.value)], [area.right, atY(mark.value)], 'stroke="#444" stroke-dasharray="4 3"'),
          text(area.left + 4, atY(mark.value) - 4, mark.name, { size: 10 }),
        ];
  const names = [
    text((area.left + area.right) / 2, area.bottom + 36, x.name, { anchor: "middle" }),
    text(12, area.top - 8, y.name, { size: 11 }),
  ];
  writePlot(file, { title, width, height, parts: [...grid, ...labels, ...curves, ...marks, ...names] });
}

type Range = readonly [from: number, to: number];

/** Values outside are drawn at the edge. */
function scale([from, to]: Range, [start, end]: Range, isLogarithmic: boolean): (value: number) => number {
  const place = isLogarithmic ? Math.log10 : (value: number) => value;
  return (value) => {
    const share = (place(value) - place(from)) / (place(to) - place(from));
    return start + Math.max(0, Math.min(1, share)) * (end - start);
  };
}

function powersOfTen(values: readonly number[]): number[] {
  const [from, to] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}
