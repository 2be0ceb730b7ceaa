/** Reads dotenv files with the package that most programs use, but strictly: the package skips lines silently. */

import { parse } from "dotenv";
import { CliError } from "../failure.ts";

/** One assignment in a file, and what is wrong with it. */
interface Chunk {
  readonly text: string;
  readonly lines: number;
  readonly fault?: string;
}

/** The beginning of an assignment, as the package defines it, with the quote of its value. */
const beginning = /^\s*(?:export\s+)?[\w.-]+(?:\s*=|:\s)[^\S\n]*(["'`]?)/;
const ignored = /^\s*(?:#.*)?$/;
const notAssignment = "this is not of the form NAME=value";

/**
 * The variables, with values as the package reads them. Nothing in a value is expanded or run.
 * @throws CliError that names a line which is not an assignment, assigns a name again, or has another value for other
 *   readers
 */
export function parseDotenv(text: string, source: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r\n|\r|\n/);
  const variables = new Map<string, string>();
  let next = 0;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    const chunk: Chunk = ignored.test(line) ? { text: "", lines: 1 } : cutChunk(lines.slice(next), line);
    const [entry] = Object.entries(parse(chunk.text));
    const fault = chunk.fault ?? findFault(chunk, entry, variables);
    if (fault !== undefined) throw new CliError(`${source}, line ${next + 1}: ${fault}.`);
    if (entry !== undefined) variables.set(...entry);
    next += chunk.lines;
  }
  return variables;
}

/** Cuts off the first assignment, which has several lines if its value is quoted. */
function cutChunk(lines: readonly string[], line: string): Chunk {
  const [begun = "", quote = ""] = beginning.exec(line) ?? [];
  if (begun === "") return { text: line, lines: 1, fault: notAssignment };
  // Docker and shells keep the rest; for dotenv it is a comment.
  const isCut = quote === "" && /\S#/.test(line.slice(begun.length));
  if (quote === "")
    return {
      text: line,
      lines: 1,
      ...(isCut && { fault: "some programs cut a value without quotes at its #. Quote the value" }),
    };
  const text = lines.join("\n");
  const end = text.indexOf(quote, begun.length);
  const [rest = ""] = /[^\n]*/.exec(text.slice(end + 1)) ?? [];
  const chunk = { text: text.slice(0, end + 1), lines: text.slice(0, end + 1).split("\n").length };
  if (end === -1) return { ...chunk, fault: "a quote is not closed" };
  if (text[end - 1] === "\\")
    return {
      ...chunk,
      fault: "programs read a backslash before a quote differently. Use another kind of quotes",
    };
  return ignored.test(rest) ? chunk : { ...chunk, fault: "more text follows a closing quote" };
}

function findFault(
  { text }: Chunk,
  entry: readonly [name: string, value: string] | undefined,
  earlier: ReadonlyMap<string, string>,
): string | undefined {
  if (entry === undefined) return text === "" ? undefined : notAssignment;
  return earlier.has(entry[0]) ? `${entry[0]} is assigned a second time` : undefined;
}
