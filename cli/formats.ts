/** Prints variables for a reader, such as a shell. Values that the reader would change are refused. */

import { randomUUID } from "node:crypto";
import { CliError } from "./failure.ts";
import type { Variables } from "./variables.ts";

export interface FormattedVariables {
  /** The input for the reader. */
  readonly text: string;
  /** Lines that a log must see first, so that it hides the values. */
  readonly masks: string;
}

interface Format {
  /** Whether the variables are set in the present environment. */
  readonly isEvaluated: boolean;
  /** @returns `undefined` if the reader cannot hold the value */
  readonly toEntry: (name: string, value: string) => string | undefined;
  readonly limit: string;
  readonly toMask?: (value: string) => string;
}

export type FormatName = "shell" | "dotenv" | "docker" | "github";

/** Characters that all dotenv readers take without quotes. */
const bare = /^[\w./:@%+,=\\-]+$/;

/** Docker reads each line into a buffer of 64 KiB (Go's bufio.MaxScanTokenSize). */
const maxDockerBytes = 65_535;

/** GitHub's runner reserves these names, and ignores values for them. */
const runnerNames = /^(?:GITHUB|RUNNER)_/;

export const formats: Readonly<Record<FormatName, Format>> = {
  /** For `eval` and `.` in any POSIX shell: within single quotes, nothing is evaluated. */
  shell: {
    isEvaluated: true,
    toEntry: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    limit: "",
  },
  /** No escape works in all readers, so the value gets a kind of quotes that it does not contain. */
  dotenv: {
    isEvaluated: false,
    toEntry: (name, value) => {
      const quoted = toDotenvValue(value);
      return quoted === undefined ? undefined : `${name}=${quoted}`;
    },
    limit: "a carriage return, all three kinds of quotes, or a backslash where quotes are needed",
  },
  /** For `docker run --env-file`, which takes each line literally. */
  docker: {
    isEvaluated: false,
    toEntry: (name, value) => {
      const line = `${name}=${value}`;
      return /[\r\n]/.test(value) || Buffer.byteLength(line) > maxDockerBytes ? undefined : line;
    },
    limit: "a line end, or more than 65535 bytes with the name",
  },
  /** For the files in GITHUB_ENV and GITHUB_OUTPUT: a value ends at a delimiter that nobody can guess. */
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

/** @throws CliError that names the variable, if the reader cannot hold its value */
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

/**
 * Returns `undefined` if no kind of quotes can hold the value. Node and the package dotenv both drop `\r`, and they
 * differ in how they read a backslash before the closing quote.
 */
export function toDotenvValue(value: string): string | undefined {
  if (value.includes("\r")) return undefined;
  if (bare.test(value)) return value;
  if (value.endsWith("\\")) return undefined;
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes("`")) return `\`${value}\``;
  // Within double quotes, `\n` would become a line break.
  return value.includes('"') || value.includes("\\") ? undefined : `"${value}"`;
}
