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

export function log(line: LogLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
