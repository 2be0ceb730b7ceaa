/**
 * Reports an import: the plan, the outcome of each secret, and the exit code. Prints names and reasons, never values.
 */

import { exitCodes, type Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { cellWidth, printJson, remark } from "../output.ts";
import { type Column, toTable } from "../text.ts";
import { isWrite, type Outcome } from "./apply.ts";
import type { Action, PlanRow } from "./plan.ts";

export interface Report {
  readonly rows: readonly PlanRow[];
  /** For the rows that were written; empty if only a plan was made. */
  readonly outcomes: ReadonlyMap<PlanRow, Outcome>;
  /** Whether the plan was executed. */
  readonly isApplied: boolean;
  /** Rows that --verify found different; `undefined` without --verify. */
  readonly differing?: readonly PlanRow[] | undefined;
}

const actions: readonly Action[] = ["create", "new version", "update", "unchanged", "skipped", "refused"];

const columns: readonly Column<{ readonly row: PlanRow; readonly outcome: string | undefined }>[] = [
  { title: "ACTION", of: ({ row }) => row.action },
  { title: "NAME", of: ({ row }) => row.name || row.path },
  { title: "WHY", of: ({ row }) => row.reason },
];

const outcomeColumn: (typeof columns)[number] = { title: "OUTCOME", of: ({ outcome }) => outcome };

export function printReport(io: Io, report: Report, isJson: boolean): void {
  if (isJson) printJson(io, toDocument(report));
  else printTables(io, report);
}

function printTables(io: Io, report: Report): void {
  const { rows, outcomes, isApplied, differing } = report;
  const lines = rows.map((row) => ({ row, outcome: describeOutcome(outcomes.get(row)) }));
  io.stdout.write(toTable(isApplied ? [...columns, outcomeColumn] : columns, lines, cellWidth(io)));
  remark(io, `${describeCounts(rows)}.`);
  if (isApplied) remark(io, `${describeOutcomes(report)}.`);
  if (differing === undefined) return;
  for (const { name, path, action, reason } of differing)
    remark(io, `${name || path} differs: ${action}, ${reason ?? "does not exist"}.`);
  if (differing.length === 0) remark(io, "Verified: every secret is as in the source.");
}

/** Success, partial success, or the reason why nothing was done. */
export function exitCodeOf({ rows, outcomes, isApplied, differing = [] }: Report): number {
  const all = [...outcomes.values()];
  const failures = all.filter((outcome): outcome is Failure => typeof outcome === "object");
  const isRefused = rows.some(({ action }) => action === "refused");
  const [first] = failures;
  if (first !== undefined && !all.includes("done")) return first.exitCode;
  if (failures.length > 0 || differing.length > 0) return exitCodes.partial.code;
  if (isRefused) return isApplied ? exitCodes.partial.code : exitCodes.usage.code;
  return exitCodes.ok.code;
}

function toDocument({ rows, outcomes, isApplied, differing }: Report): object {
  return {
    applied: isApplied,
    counts: Object.fromEntries(actions.map((action) => [action.replace(" ", "_"), countOf(rows, action)])),
    secrets: rows.map((row) => ({
      action: row.action.replace(" ", "_"),
      name: row.name || null,
      path: row.path,
      ...(row.reason !== undefined && { reason: row.reason }),
      ...toOutcomeMembers(outcomes.get(row)),
    })),
    ...(differing !== undefined && {
      verified: differing.length === 0,
      differing: differing.map(({ name, path }) => name || path),
    }),
  };
}

function toOutcomeMembers(outcome: Outcome | undefined): object {
  if (outcome === undefined) return {};
  if (typeof outcome === "string") return { outcome: outcome.replace(" ", "_") };
  const { code, message, requestId } = outcome;
  return { outcome: "failed", error: { code, message, ...(requestId !== undefined && { request_id: requestId }) } };
}

function describeOutcome(outcome: Outcome | undefined): string | undefined {
  return typeof outcome === "object" ? `failed: ${outcome.code}: ${outcome.message}` : outcome;
}

function describeCounts(rows: readonly PlanRow[]): string {
  const counts = actions.map((action) => ({ action, count: countOf(rows, action) })).filter(({ count }) => count > 0);
  if (counts.length === 0) return "Nothing to import";
  return counts.map(({ action, count }) => `${count} ${action}`).join(", ");
}

function describeOutcomes({ rows, outcomes }: Report): string {
  const all = [...outcomes.values()];
  const done = all.filter((outcome) => outcome === "done").length;
  const writes = rows.filter(isWrite).length;
  if (writes === 0) return "Nothing to write";
  return done === writes
    ? `All ${writes} written`
    : `${done} of ${writes} written; run the same command again to continue`;
}

function countOf(rows: readonly PlanRow[], action: Action): number {
  return rows.filter((row) => row.action === action).length;
}
