/** Looks for broken rules in all rows of all tables, while others may write. Changes nothing. */

import { type Abortable, inOrder } from "../../../lib/base/async.ts";
import type { Database, TableNames } from "../../../lib/store/client.ts";
import { scan } from "../scan.ts";
import { addRow, type Facts, noFacts } from "./facts.ts";
import { type Finding, findBreaches, isSame } from "./findings.ts";
import { readStable } from "./reread.ts";
import type { Settings } from "./rules/rule.ts";

export interface CheckOptions extends Abortable, Settings {
  /** Waits a moment before suspect rows are read again. */
  readonly pause: () => Promise<void>;
}

export interface Report {
  readonly rows: { readonly [Table in keyof TableNames]: number };
  readonly violations: readonly Finding[];
  /** Suspect rows that were being written during every second look. */
  readonly undecided: readonly Finding[];
}

/** How many suspects are checked again at a time. */
const width = 8;

/** @throws ERROR_UNAVAILABLE */
export async function checkIntegrity(database: Database<keyof TableNames>, options: CheckOptions): Promise<Report> {
  const facts = noFacts();
  const count = async (table: keyof TableNames) => await addTable(facts, database, table, options);
  const [secrets, names, data, tokens, deleted] = await Promise.all([
    ...([count("secrets"), count("names"), count("data"), count("tokens"), count("deleted")] as const),
  ]);
  const suspects = findBreaches(facts, options);
  if (suspects.length > 0) await options.pause();
  const violations: Finding[] = [];
  const undecided: Finding[] = [];
  const tasks = suspects.map(
    (suspect) => async (inner: Abortable) => await recheck(database, suspect, { ...options, ...inner }),
  );
  for await (const { suspect, found } of inOrder(tasks, width, options)) {
    if (found === undefined) undecided.push(suspect);
    else violations.push(...found);
  }
  return { rows: { secrets, names, data, tokens, deleted }, violations, undecided };
}

async function addTable(
  facts: Facts,
  { client, tables }: Database<keyof TableNames>,
  table: keyof TableNames,
  options: Abortable,
): Promise<number> {
  let rows = 0;
  for await (const items of scan({ client, name: tables[table] }, {}, options)) {
    for (const item of items) addRow(facts, table, item);
    rows += items.length;
  }
  return rows;
}

async function recheck(
  database: Database<keyof TableNames>,
  suspect: Finding,
  options: CheckOptions,
): Promise<{ readonly suspect: Finding; readonly found: readonly Finding[] | undefined }> {
  const facts = await readStable(database, suspect, options);
  const found = facts && findBreaches(facts, options).find((finding) => isSame(finding, suspect));
  return { suspect, found: facts && (found === undefined ? [] : [found]) };
}
