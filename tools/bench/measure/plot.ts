/** Draws plots of bars and lines as SVG files. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digits } from "./figures.ts";

const folder = join(import.meta.dirname, "../plots");

/** Distinguishable for colour-blind people, on white and on black. */
const colours: readonly string[] = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888"];

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly colour?: string;
}

function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { anchor = "start", size = 12, colour = "#444" } = options;
  const position = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${position} font-size="${size}" fill="${colour}">${escapeXml(content)}</text>`;
}

function line(from: readonly [number, number], to: readonly [number, number], style: string): string {
  const [[x1, y1], [x2, y2]] = [from.map(round), to.map(round)] as [number[], number[]];
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${style}/>`;
}

function rectangle(x: number, y: number, width: number, height: number, colour: string): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  return `<rect ${place} fill="${colour}"/>`;
}

export interface Plot {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

/** Writes a plot that suits light and dark pages. */
function writePlot(name: string, { title, width, height, parts }: Plot): void {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    rectangle(0, 0, width, height, "#fff"),
    text(12, 20, title, { size: 14 }),
    ...parts,
    "</svg>\n",
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), svg.join("\n"));
}

/** A number in the form of an axis: 250, 10k, 1M. */
function short(value: number): string {
  if (value >= 1e6) return `${digits(value / 1e6)}M`;
  return value >= 1e3 ? `${digits(value / 1e3)}k` : digits(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

export interface Bars {
  readonly title: string;
  readonly unit: string;
  /** Each group has a value for each series. */
  readonly groups: readonly { readonly name: string; readonly values: { readonly [series: string]: number } }[];
  readonly lines?: readonly { readonly name: string; readonly value: number }[];
}

const barsWidth = 860;
/** Width of a character in a label. */
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
  const x = (value: number) => left + (value / most) * (barsWidth - left - 70);
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
  writePlot(file, { title, width: barsWidth, height, parts: [...legend, ...bars, ...marks] });
}

export interface Lines {
  readonly title: string;
  readonly x: { readonly name: string; readonly values: readonly number[] };
  readonly y: { readonly name: string; readonly isLogarithmic?: boolean; readonly ticks: readonly number[] };
  /** A value for each x. Values below the axis are left out. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** A marked value of y. */
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

/** Values outside of the range are drawn at the edge. */
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
