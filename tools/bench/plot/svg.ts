/** The bits of SVG that the plots are made of, and where plots are kept. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digits } from "../measure/print.ts";

const folder = join(import.meta.dirname, "../plots");

/** Told apart by people who do not tell red from green, and on white and black. */
export const colours: readonly string[] = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888"];

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly colour?: string;
}

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { anchor = "start", size = 12, colour = "#444" } = options;
  const position = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${position} font-size="${size}" fill="${colour}">${escapeXml(content)}</text>`;
}

export function line(from: readonly [number, number], to: readonly [number, number], style: string): string {
  const [[x1, y1], [x2, y2]] = [from.map(round), to.map(round)] as [number[], number[]];
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${style}/>`;
}

export function rectangle(x: number, y: number, width: number, height: number, colour: string): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  return `<rect ${place} fill="${colour}"/>`;
}

export interface Plot {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

/** Writes a plot into the folder of plots; its look is the same on light and dark pages. */
export function writePlot(name: string, { title, width, height, parts }: Plot): void {
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

/** A number as an axis writes it: 250, 10k, 1M. */
export function short(value: number): string {
  if (value >= 1e6) return `${digits(value / 1e6)}M`;
  return value >= 1e3 ? `${digits(value / 1e3)}k` : digits(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
