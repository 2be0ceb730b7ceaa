/** The sources of an import, one row each. A source is a function from options to the secrets that it finds. */

import { Option } from "commander";
import { CliError } from "../failure.ts";
import type { Io } from "../io.ts";
import { collect, collectList } from "../session.ts";
import { type AwsOptions, parameterStoreSource, secretsManagerSource } from "./aws.ts";
import { type CsvOptions, csvSource } from "./csv.ts";
import type { Found } from "./entry.ts";
import { dotenvSource, jsonSource, yamlSource } from "./files.ts";
import { type SealedOptions, sealedSource } from "./sealed.ts";
import { type VaultOptions, vaultSource } from "./vault.ts";

/** The options of all sources; each source reads its own. */
export type SourceOptions = CsvOptions & VaultOptions & AwsOptions & SealedOptions;

interface SourceRow {
  /** The kind of operand after the source's name. */
  readonly operand: "file" | "path";
  readonly find: (io: Io, options: SourceOptions) => AsyncIterable<Found>;
}

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
  dotenv: { operand: "file", find: dotenvSource },
  json: { operand: "file", find: jsonSource },
  yaml: { operand: "file", find: yamlSource },
  csv: { operand: "file", find: csvSource },
  vault: { operand: "path", find: vaultSource },
  "aws-secrets-manager": { operand: "path", find: secretsManagerSource },
  "aws-parameter-store": { operand: "path", find: parameterStoreSource },
  sealed: { operand: "file", find: sealedSource },
};

export const sourceNames = Object.keys(sources) as readonly SourceName[];

interface OptionRow {
  readonly flags: string;
  readonly help: string;
  /** The sources that have this option. */
  readonly of: readonly SourceName[];
  readonly parse?: (value: string, earlier: readonly string[] | undefined) => readonly string[];
}

const wholeFiles = ["dotenv", "json", "yaml"] as const;
const aws = ["aws-secrets-manager", "aws-parameter-store"] as const;

/** The options that only some sources have. */
const optionRows: readonly OptionRow[] = [
  { flags: "--name <name>", help: "the secret's name (default: the file's)", of: wholeFiles },
  { flags: "--each", help: "make one secret of each member of the file", of: wholeFiles },
  {
    flags: "--name-from <columns>",
    help: "the columns that make the name (default: group, title)",
    of: ["csv"],
    parse: collectList,
  },
  { flags: "--mount <path>", help: "the mount of KV version 2 (default: secret)", of: ["vault"] },
  { flags: "--namespace <path>", help: "the namespace (default: VAULT_NAMESPACE)", of: ["vault"] },
  { flags: "--all-versions", help: "all versions, and not only the newest", of: ["vault"] },
  { flags: "--region <region>", help: "the region (default: AWS's own configuration)", of: aws },
  { flags: "--source-tag <key=value>", help: "only what has this tag (repeatable)", of: aws, parse: collect },
  { flags: "--kms-profile <name>", help: "the profile whose KMS opens it (default: the import's)", of: ["sealed"] },
];

/** Makes new options for each command, because commander keeps a command's state in them. */
export function makeSourceOptions(): readonly Option[] {
  return optionRows.map(toOption);
}

/** @throws CliError for an option that the source would ignore */
export function assertOptions(source: SourceName, options: Partial<SourceOptions>): void {
  const given: { readonly [name: string]: unknown } = { ...options };
  const foreign = optionRows.find(
    (row) => given[toOption(row).attributeName()] !== undefined && !row.of.includes(source),
  );
  if (foreign === undefined) return;
  throw new CliError(`import ${source} takes no ${toOption(foreign).long}, which is for ${foreign.of.join(", ")}.`);
}

function toOption({ flags, help, of, parse }: OptionRow): Option {
  const option = new Option(flags, `${of.join(", ")}: ${help}`);
  return parse === undefined ? option : option.argParser(parse);
}
