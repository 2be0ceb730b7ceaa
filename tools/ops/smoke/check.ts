/** Runs checks one after the other. Prints a line for each with its time, but no data of requests or answers. */

import { SecretApiError } from "../../../client/secret-api-error.ts";

export interface Check {
  readonly name: string;
  /** A string that it returns is printed with the result. @throws if the check fails */
  readonly run: () => Promise<unknown>;
  /** If it fails, the other checks cannot run. */
  readonly isFirstStep?: boolean;
}

/** The answer is wrong. The message has nothing from the answer. */
class CheckError extends Error {
  override readonly name = "CheckError";
}

export function ensure(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new CheckError(sentence);
}

/** @throws CheckError if the call succeeds; the call's own error if it has another code */
export async function expectCode(call: Promise<unknown>, code: string): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SecretApiError && error.code === code) return;
    throw error;
  }
  throw new CheckError(`the call succeeded, instead of being refused with ${code}`);
}

/** Returns how many failed. Ends early if the signal fires, or if a first step fails. */
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

/** Leaves out causes: a library's message may quote its input. */
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

/** Makes any answer's text a single line. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").slice(0, maxCharacters);
}
