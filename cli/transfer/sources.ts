/** Where secrets may come from: one row each. A source is a function from options to what it finds. */

import type { Io } from "../io.ts";
import type { Found } from "./entry.ts";
import { dotenvSource, type FileOptions, jsonSource } from "./files.ts";

export type SourceOptions = Omit<FileOptions, "from">;

type SourceOption = keyof SourceOptions;

interface SourceRow {
  /** What the operand behind the source's name is. */
  readonly operand: "file" | "prefix";
  /** Of the options that not every source has, those that this one has. */
  readonly options: readonly SourceOption[];
  readonly find: (io: Io, options: SourceOptions & { readonly from: string }) => AsyncIterable<Found>;
}

export type SourceName = "dotenv" | "json";

export const sources: { readonly [Name in SourceName]: SourceRow } = {
  dotenv: { operand: "file", options: ["name", "each"], find: dotenvSource },
  json: { operand: "file", options: ["name", "each"], find: jsonSource },
};

export const sourceNames = Object.keys(sources) as readonly SourceName[];
