/** Where secrets may come from: one row each. A source is a function from options to what it finds. */

import { CliError } from "../failure.ts";
import type { Io } from "../io.ts";
import { type AwsOptions, parameterStoreSource, secretsManagerSource } from "./aws.ts";
import { type CsvOptions, csvSource } from "./csv.ts";
import type { Found } from "./entry.ts";
import { dotenvSource, jsonSource, yamlSource } from "./files.ts";
import { type SealedOptions, sealedSource } from "./sealed.ts";
import { type VaultOptions, vaultSource } from "./vault.ts";

/** The options of all sources; each reads its own. */
export type SourceOptions = CsvOptions & VaultOptions & AwsOptions & SealedOptions;

interface SourceRow {
  /** What stands behind the source's name. */
  readonly operand: "file" | "path";
  /** The options that not every source has, and this one does. */
  readonly options: readonly (keyof SourceOptions)[];
  readonly find: (io: Io, options: SourceOptions) => AsyncIterable<Found>;
}

const wholeFile = ["name", "each"] as const;
const aws = ["sourceTag", "region"] as const;

export type SourceName =
  | "dotenv"
  | "json"
  | "yaml"
  | "csv"
  | "vault"
  | "aws-secrets-manager"
  | "aws-parameter-store"
  | "sealed";

export const sources: { readonly [Name in SourceName]: SourceRow } = {
  dotenv: { operand: "file", options: wholeFile, find: dotenvSource },
  json: { operand: "file", options: wholeFile, find: jsonSource },
  yaml: { operand: "file", options: wholeFile, find: yamlSource },
  csv: { operand: "file", options: ["nameFrom"], find: csvSource },
  vault: { operand: "path", options: ["mount", "namespace", "allVersions"], find: vaultSource },
  "aws-secrets-manager": { operand: "path", options: aws, find: secretsManagerSource },
  "aws-parameter-store": { operand: "path", options: aws, find: parameterStoreSource },
  sealed: { operand: "file", options: ["kmsProfile"], find: sealedSource },
};

export const sourceNames = Object.keys(sources) as readonly SourceName[];

/** @throws CliError for an option that the source would ignore */
export function assertOptions(source: SourceName, options: Partial<SourceOptions>): void {
  const own: readonly string[] = sources[source].options;
  const all = new Set(Object.values(sources).flatMap((row) => row.options));
  const foreign = [...all].find((name) => options[name] !== undefined && !own.includes(name));
  if (foreign === undefined) return;
  const flag = `--${foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new CliError(`import ${source} has no ${flag}.`);
}
