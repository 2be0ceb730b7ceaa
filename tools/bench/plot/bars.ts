/** A plot of horizontal bars in groups, with lines to compare them with. */

import { digits } from "../measure/print.ts";
import { colours, line, rectangle, text, writePlot } from "./svg.ts";

export interface Bars {
  readonly title: string;
  readonly unit: string;
  /** The values of a group by the name of their series. */
  readonly groups: readonly { readonly name: string; readonly values: { readonly [series: string]: number } }[];
  readonly lines?: readonly { readonly name: string; readonly value: number }[];
}

const width = 860;
/** Room for a character of a label. */
const characterWidth = 7;
const top = 56;
const bar = 13;
const gap = 10;

export function writeBars(file: string, { title, unit, groups, lines = [] }: Bars): void {
  const series = Object.keys(groups[0]?.values ?? {});
  const left = 24 + Math.max(...groups.map(({ name }) => name.length)) * characterWidth;
  const groupHeight = series.length * bar + gap;
  const bottom = top + groups.length * groupHeight;
  const most = Math.max(...groups.flatMap(({ values }) => Object.values(values)), ...lines.map(({ value }) => value));
  const x = (value: number) => left + (value / most) * (width - left - 70);
  const bars = groups.flatMap(({ name, values }, group) => {
    const y = top + group * groupHeight;
    return [
      text(left - 8, y + (series.length * bar) / 2 + 4, name, { anchor: "end" }),
      ...Object.values(values).flatMap((value, index) => [
        rectangle(left, y + index * bar, x(value) - left, bar - 1, colours[index] ?? "#000"),
        text(x(value) + 4, y + index * bar + 10, `${digits(value)} ${unit}`, { size: 10 }),
      ]),
    ];
  });
  const marks = lines.flatMap(({ name, value }, index) => [
    line([x(value), top - 6], [x(value), bottom], 'stroke="#444" stroke-dasharray="4 3"'),
    text(x(value) + 3, bottom + 12 + index * 12, `${name}: ${digits(value)}`, { size: 10 }),
  ]);
  const legend = series.map((name, index) =>
    text(left + index * 160, top - 14, `■ ${name}`, { colour: colours[index] ?? "#000" }),
  );
  const height = bottom + 16 + lines.length * 12;
  writePlot(file, { title, width, height, parts: [...legend, ...bars, ...marks] });
}
