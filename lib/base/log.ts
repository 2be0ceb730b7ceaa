/**
 * Lines of JSON on standard output, and nothing else writes there. They pass no log level: an audit line that a setting
 * can silence is none.
 */

type Field = string | number | boolean | null | readonly string[];

export interface LogLine {
  readonly level: "INFO" | "ERROR";
  readonly message: string;
  readonly [field: string]: Field;
}

/**
 * What JSON leaves as it is, but terminals and readers of lines take for more than a character: controls, separators of
 * lines, marks of direction. A caller could hide or forge lines with them.
 */
const activeCharacters = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function log(line: LogLine): void {
  process.stdout.write(`${JSON.stringify(line).replace(activeCharacters, toEscape)}\n`);
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
