/** What a migration did or would do, and how it is told: ids, names and reasons, never values. */

import type { Refused } from "./document.ts";

export interface Report {
  /** In a dry run those that would be. */
  moved: number;
  /** Moved by an earlier run. */
  present: number;
  /** Values of ids that no document has. */
  unclaimed: number;
  /** Those moved whose name was taken. */
  readonly renamed: { readonly sourceId: string; readonly name: string }[];
  readonly refused: Refused[];
  /** Whether all values were looked at. */
  isComplete: boolean;
}

export function describeReport(report: Report, isApplied: boolean): string {
  const { moved, present, unclaimed, renamed, refused, isComplete } = report;
  return [
    ...renamed.map(({ sourceId, name }) => `renamed  ${sourceId}  ${JSON.stringify(name)}`),
    ...refused.map(({ sourceId, reason }) => `refused  ${sourceId}  ${reason}`),
    `${moved} ${isApplied ? "moved" : "to move"}, ${present} moved before, ${refused.length} refused.`,
    ...(unclaimed === 0 ? [] : [`${unclaimed} values belong to no document that was read.`]),
    ...(isComplete ? [] : ["It was ended early: run it again."]),
    ...(isApplied || moved === 0 ? [] : ["Nothing was written: add --apply."]),
    "",
  ].join("\n");
}
