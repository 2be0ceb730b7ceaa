/** How the command line fails: exit codes, and how an error is printed. */

import { CommanderError } from "commander";
import { errors } from "../lib/base/errors.ts";
import { toJsonLine, toLine } from "./text.ts";

/** The exit codes, which scripts rely on. */
export const exitCodes = {
  ok: { code: 0, meaning: "success" },
  other: { code: 1, meaning: "any other failure" },
  usage: { code: 2, meaning: "the command, the configuration or the request is wrong" },
  notFound: { code: 3, meaning: "no such secret, or you may not see it" },
  denied: { code: 4, meaning: "not authenticated, or not permitted" },
  conflict: {
    code: 5,
    meaning: "conflict: the name is taken, another writer was first, or other secrets inherit from it",
  },
  unavailable: { code: 6, meaning: "the service is unavailable or throttles: try again" },
  partial: { code: 7, meaning: "import, export: only a part was done, or --verify found differences; see the report" },
  notExecutable: { code: 126, meaning: "exec: the program was found, but cannot be run" },
  noProgram: { code: 127, meaning: "exec: the program was not found" },
  interrupted: { code: 130, meaning: "interrupted by Ctrl-C" },
} as const;

export type ExitName = keyof typeof exitCodes;

const exitByStatus: ReadonlyMap<number, ExitName> = new Map([
  [400, "usage"],
  [401, "denied"],
  [403, "denied"],
  [404, "notFound"],
  [409, "conflict"],
  [413, "usage"],
  [429, "unavailable"],
  [503, "unavailable"],
  [504, "unavailable"],
]);

/** Errors of the AWS clients that say who is at fault. */
const exitByAwsError: ReadonlyMap<string, ExitName> = new Map([
  ["CredentialsProviderError", "denied"],
  ["ExpiredTokenException", "denied"],
  ["UnrecognizedClientException", "denied"],
  ["ResourceNotFoundException", "usage"],
]);

/** Commander's errors that do not say what would be right. */
const incomplete: ReadonlySet<string> = new Set(["commander.missingArgument", "commander.unknownCommand"]);

/** A failure of the command line itself. `message` never holds secret data. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exit: ExitName;
  readonly code: string;

  constructor(message: string, exit: ExitName = "usage", code = "ERROR_USAGE") {
    super(message);
    this.exit = exit;
    this.code = code;
  }
}

/** The program of `exec` ended, or a report was printed: there is nothing more to print. */
export class ProgramEnd extends Error {
  override readonly name = "ProgramEnd";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("The program ended.");
    this.exitCode = exitCode;
  }
}

/** An error as it is printed: `secret: CODE: message`, or JSON in the API's own form. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
}

export function toFailure(error: unknown): Failure {
  if (error instanceof CliError) return failure(error.exit, error.code, error.message);
  if (error instanceof CommanderError) return toUsageFailure(error);
  const { code, message, name, status, requestId, cause } = Object(error) as ErrorLike;
  const awsName = [cause?.name, name].find((known) => exitByAwsError.has(String(known)));
  if (awsName !== undefined) {
    return failure(exitByAwsError.get(awsName) ?? "other", awsName, String((cause ?? { message }).message));
  }
  if (typeof code === "string" && code.startsWith("ERROR_")) {
    return { ...failure(exitOf(code, status), code, String(message)), requestId };
  }
  return failure("other", "ERROR_UNKNOWN", String(message ?? error));
}

/** One line of text, or one JSON document. */
export function describeFailure({ code, message, requestId }: Failure, isJson: boolean): string {
  if (!isJson) return `secret: ${toLine(code)}: ${toLine(message)}\n`;
  return `${toJsonLine({ detail: { code, message, ...(requestId && { request_id: requestId }) } })}\n`;
}

/** The table for the help text. */
export function describeExitCodes(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${rows.join("\n")}`;
}

interface ErrorLike {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly name?: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly cause?: { readonly name?: string; readonly message?: string };
}

function failure(exit: ExitName, code: string, message: string): Failure {
  return { exitCode: exitCodes[exit].code, code, message };
}

/** Finds the exit by the API's table of errors; for a code of a newer service, by its status. */
function exitOf(code: string, status: number | undefined): ExitName {
  const known = Object.hasOwn(errors, code) ? errors[code as keyof typeof errors].status : status;
  return exitByStatus.get(known ?? 0) ?? "other";
}

/** A request for help is not a failure. The part of an option after `=` may be secret, so it is not repeated. */
function toUsageFailure({ exitCode, code, message }: CommanderError): Failure {
  if (exitCode === 0) return failure("ok", "OK", message);
  if (code === "commander.help")
    return failure("usage", "ERROR_USAGE", "A command is missing; `secret --help` lists them.");
  const said = message
    .replace(/^error: /, "")
    .replace(/^(unknown option '[^'=]*)=.*$/s, "$1'")
    .replaceAll("\n", " ");
  const advice = incomplete.has(code) ? "; --help shows the usage" : "";
  return failure("usage", "ERROR_USAGE", `${said}${advice}`);
}
