/**
 * Writes lines of JSON to standard output; nothing else writes there. Lines do not pass a log level, because no setting
 * may silence an audit line.
 */

type Field = string | number | boolean | null | readonly string[];

export interface LogLine {
  readonly level: "INFO" | "ERROR";
  readonly message: string;
  readonly [field: string]: Field;
}

/**
 * Characters that JSON does not escape, but that act on terminals and line readers: controls, line separators,
 * direction marks. A caller could use them to hide or forge lines.
 */
const activeCharacters = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Writes all lines at once, which costs little more than one line. Lambda makes each line an event of its own: it
 * splits standard output at the ends of lines, because a pipe does not show where a write ended.
 */
export function log(...lines: readonly LogLine[]): void {
  process.stdout.write(lines.map((line) => `${JSON.stringify(line).replace(activeCharacters, toEscape)}\n`).join(""));
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
