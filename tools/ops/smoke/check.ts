/** Runs checks one after the other: a line for each, with its time, and nothing of what was sent or answered. */

import { SecretApiError } from "../../../client/secret-api-error.ts";

export interface Check {
  readonly name: string;
  /** A string that it returns is printed with the result. @throws if the check fails */
  readonly run: () => Promise<unknown>;
  /** Without it there is nothing for the others to look at. */
  readonly isFirstStep?: boolean;
}

/** What was answered is not what should be; the message holds nothing of it. */
class CheckError extends Error {
  override readonly name = "CheckError";
}

export function ensure(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new CheckError(sentence);
}

/** @throws CheckError where the call succeeds, and what it throws where that is of another code */
export async function expectCode(call: Promise<unknown>, code: string): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SecretApiError && error.code === code) return;
    throw error;
  }
  throw new CheckError(`it was answered, and not refused with ${code}`);
}

/** How many failed. Ends early where the signal fires, or a first step fails. */
export async function runChecks(
  checks: readonly Check[],
  { write, signal }: { readonly write: (line: string) => void; readonly signal?: AbortSignal },
): Promise<number> {
  let failed = 0;
  for (const { name, run, isFirstStep = false } of checks) {
    if (signal?.aborted) break;
    const startedAt = performance.now();
    const { holds, note } = await run().then(
      (value) => ({ holds: true, note: typeof value === "string" ? value : "" }),
      (error: unknown) => ({ holds: false, note: describe(error) }),
    );
    const ms = `${Math.round(performance.now() - startedAt)} ms`;
    write(`${holds ? "ok  " : "FAIL"}  ${name.padEnd(24)}${ms.padStart(9)}  ${note}`.trimEnd());
    failed += holds ? 0 : 1;
    if (!holds && isFirstStep) break;
  }
  return failed;
}

const maxCharacters = 300;

/** Not of causes: a library's own message may quote what it was given. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error instanceof CheckError) return error.message;
  if (!(error instanceof SecretApiError)) return plain(`${error.name}: ${error.message}`);
  const where = [
    error.status === undefined ? [] : `status ${error.status}`,
    error.requestId === undefined ? [] : `request ${error.requestId}`,
  ].flat();
  return plain(`${error.code}: ${error.message}${where.length === 0 ? "" : ` (${where.join(", ")})`}`);
}

/** On one line, whoever answered. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").slice(0, maxCharacters);
}
