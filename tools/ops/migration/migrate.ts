/**
 * Moves secrets from Cloudforet, trusted secrets first. Existing secrets are not changed, so that a migration can be
 * interrupted at any moment and run again.
 */

import { type DocumentRules, type Draft, type Refused, readDocument } from "./document.ts";
import { readDocuments, readValues, type StoredValue } from "./export-files.ts";
import { findMoved, type MigrationPorts, type MoveRules, moveSecret, type Outcome } from "./move-secret.ts";
import { type Plan, type PlannedSecret, planSecrets } from "./plan.ts";
import type { Report } from "./report.ts";

/** Paths of the exported files. */
export interface Export {
  readonly documents: readonly string[];
  readonly values: readonly string[];
}

export interface MigrationOptions extends MoveRules, DocumentRules {
  /** How many secrets are moved at a time. */
  readonly width: number;
  /** Ends the migration after the secrets that are being moved. */
  readonly signal: AbortSignal;
  readonly onProgress: (sofar: Report) => void;
}

interface Run {
  readonly files: Export;
  readonly ports: MigrationPorts;
  readonly options: MigrationOptions;
  readonly report: Report;
}

type Secrets = ReadonlyMap<string, PlannedSecret>;

/** @throws ERROR_UNAVAILABLE; Error that names file and line, if a file cannot be read */
export async function migrate(files: Export, ports: MigrationPorts, options: MigrationOptions): Promise<Report> {
  const plan = await readPlan(files, options);
  const report: Report = {
    ...{ moved: 0, present: 0, unclaimed: 0, isComplete: false },
    ...{ renamed: [], refused: [...plan.refused] },
  };
  const documents = new Set([
    ...plan.trusted.keys(),
    ...plan.others.keys(),
    ...plan.refused.map((one) => one.sourceId),
  ]);
  const run = { files, ports, options, report };
  await movePart(plan.trusted, run, () => undefined);
  await movePart(withTrusted(plan.others, report), run, (id) => {
    if (!documents.has(id)) report.unclaimed += 1;
  });
  report.isComplete = !options.signal.aborted;
  return report;
}

async function readPlan({ documents }: Export, rules: DocumentRules): Promise<Plan> {
  const read: (Draft | Refused)[] = [];
  for await (const json of readDocuments(documents)) {
    const document = readDocument(json, rules);
    if (document !== null) read.push(document);
  }
  return planSecrets(read);
}

/** Refuses secrets whose trusted secret was refused, and returns the others. */
function withTrusted(others: Secrets, report: Report): Secrets {
  const refused = new Set(report.refused.map(({ sourceId }) => sourceId));
  return new Map(
    [...others].filter(([sourceId, { trustedSourceId }]) => {
      const isLeft = trustedSourceId !== null && refused.has(trustedSourceId);
      if (isLeft) report.refused.push({ sourceId, reason: `inherits from ${trustedSourceId}, which is not moved` });
      return !isLeft;
    }),
  );
}

async function movePart(part: Secrets, run: Run, onOther: (id: string) => void): Promise<void> {
  const { ports, options, report } = run;
  const left = new Map(part);
  const pairs = pairUp(part, left, run, onOther);
  const work = async () => {
    for await (const { planned, value } of pairs) {
      note(report, planned, await moveSecret(planned, value, options, ports));
      options.onProgress(report);
    }
  };
  await Promise.all(Array.from({ length: options.width }, work));
  if (options.signal.aborted) return;
  for (const planned of left.values()) {
    note(
      report,
      planned,
      (await findMoved(planned, ports)) ?? { kind: "refused", reason: "has no value in the files" },
    );
  }
}

/** Yields the secrets of this part that have a value; the others stay in `left`. */
async function* pairUp(
  part: Secrets,
  left: Map<string, PlannedSecret>,
  { files, options }: Run,
  onOther: (id: string) => void,
): AsyncGenerator<{ readonly planned: PlannedSecret; readonly value: StoredValue }> {
  for await (const value of readValues(files.values)) {
    if (options.signal.aborted) return;
    const planned = part.get(value.id);
    if (planned === undefined) onOther(value.id);
    else if (left.delete(value.id)) yield { planned, value };
    else throw new Error(`${value.id} has two values in the files: leave the wrong one out.`);
  }
}

function note(report: Report, { sourceId, sourceName }: PlannedSecret, outcome: Outcome): void {
  if (outcome.kind === "refused") report.refused.push({ sourceId, reason: outcome.reason });
  else report[outcome.kind] += 1;
  if (outcome.kind === "moved" && outcome.name !== sourceName) report.renamed.push({ sourceId, name: outcome.name });
}
