/** The report of a migration: ids, names and reasons, never values. */

import type { Refused } from "./document.ts";

export interface Report {
  /** In a dry run: secrets that would be moved. */
  moved: number;
  /** Secrets that an earlier run has moved. */
  present: number;
  /** Values whose ids are in no document. */
  unclaimed: number;
  /** Moved secrets whose name was taken. */
  readonly renamed: { readonly sourceId: string; readonly name: string }[];
  readonly refused: Refused[];
  /** Whether all values were read. */
  isComplete: boolean;
}

export function describeReport(report: Report, isApplied: boolean): string {
  const { moved, present, unclaimed, renamed, refused, isComplete } = report;
  return [
    ...renamed.map(({ sourceId, name }) => `renamed  ${sourceId}  ${JSON.stringify(name)}`),
    ...refused.map(({ sourceId, reason }) => `refused  ${sourceId}  ${reason}`),
    `${moved} ${isApplied ? "moved" : "to move"}, ${present} moved before, ${refused.length} refused.`,
    ...(unclaimed === 0 ? [] : [`${unclaimed} values belong to no document in these files.`]),
    ...(isComplete ? [] : ["It was stopped early: run it again."]),
    ...(isApplied || moved === 0 ? [] : ["Nothing was written: add --apply."]),
    "",
  ].join("\n");
}
