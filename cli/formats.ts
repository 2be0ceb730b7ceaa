/** Variables as the text of a file or a script: each form safe for its reader, and refused what that reader cannot hold. */

import { randomUUID } from "node:crypto";
import { CliError } from "./failure.ts";
import type { Variables } from "./variables.ts";

export interface FormattedVariables {
  /** What the reader is given. */
  readonly text: string;
  /** What a log has to be told before. */
  readonly masks: string;
}

interface Format {
  /** Whether what it sets is the present environment's. */
  readonly isEvaluated: boolean;
  /** @returns `undefined` where the reader cannot hold the value */
  readonly toEntry: (name: string, value: string) => string | undefined;
  readonly limit: string;
  readonly toMask?: (value: string) => string;
}

export type FormatName = "shell" | "dotenv" | "docker" | "github";

/** What a dotenv file takes without quotes, the same for all its readers. */
const bare = /^[\w./:@%+,=\\-]+$/;

/** Docker reads a line into a buffer of 64 KiB (Go's bufio.MaxScanTokenSize). */
const maxDockerBytes = 65_535;

/** GitHub's runner keeps these for itself and ignores others' values. */
const runnerNames = /^(?:GITHUB|RUNNER)_/;

export const formats: Readonly<Record<FormatName, Format>> = {
  /** For `eval` and `.` in any POSIX shell: nothing is evaluated within single quotes. */
  shell: {
    isEvaluated: true,
    toEntry: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    limit: "",
  },
  /** Quotes have no escapes that all readers share: one is taken that the value does not have. */
  dotenv: {
    isEvaluated: false,
    toEntry: (name, value) => {
      const quoted = toDotenvValue(value);
      return quoted === undefined ? undefined : `${name}=${quoted}`;
    },
    limit: "a carriage return, all three kinds of quotes, or a backslash where quotes are needed",
  },
  /** Of `docker run --env-file`: a line is taken as it is. */
  docker: {
    isEvaluated: false,
    toEntry: (name, value) => {
      const line = `${name}=${value}`;
      return /[\r\n]/.test(value) || Buffer.byteLength(line) > maxDockerBytes ? undefined : line;
    },
    limit: "a line end, or more than 65535 bytes with the name",
  },
  /** For the files that GITHUB_ENV and GITHUB_OUTPUT name: until a line that nobody can guess. */
  github: {
    isEvaluated: false,
    toEntry: (name, value) => {
      if (runnerNames.test(name) || value.endsWith("\r")) return undefined;
      const end = `end_${randomUUID()}`;
      return `${name}<<${end}\n${value}\n${end}`;
    },
    limit: "a carriage return at its end, or a name that begins with GITHUB_ or RUNNER_",
    toMask: (value) =>
      value
        .split(/[\r\n]+/)
        .filter((line) => line.trim() !== "")
        .map((line) => `::add-mask::${line.replaceAll("%", "%25")}\n`)
        .join(""),
  },
};

export const formatNames = Object.keys(formats) as readonly FormatName[];

/** @throws CliError naming the variable that the reader cannot hold */
export function formatVariables(variables: Variables, name: FormatName): FormattedVariables {
  const format = formats[name];
  const entries = [...variables].map(([variable, value]) => {
    const entry = format.toEntry(variable, value);
    if (entry !== undefined) return `${entry}\n`;
    throw new CliError(`${variable} cannot be written as ${name}: that format cannot hold ${format.limit}.`);
  });
  const masks = [...variables.values()].map((value) => format.toMask?.(value) ?? "");
  return { text: entries.join(""), masks: masks.join("") };
}

/** @returns `undefined` where no quotes hold it. Node and the package dotenv both drop `\r`, and read a backslash before the closing quote in different ways. */
export function toDotenvValue(value: string): string | undefined {
  if (value.includes("\r")) return undefined;
  if (bare.test(value)) return value;
  if (value.endsWith("\\")) return undefined;
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes("`")) return `\`${value}\``;
  // Within double quotes `\n` would be a line end.
  return value.includes('"') || value.includes("\\") ? undefined : `"${value}"`;
}
