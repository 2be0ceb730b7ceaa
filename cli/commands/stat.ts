/** `secret stat`. */

import type { Command } from "commander";
import type { Stage, StatisticsQuery } from "../../client/query.ts";
import { isObject, type JsonValue } from "../../lib/base/json.ts";
import { CliError } from "../failure.ts";
import { toKey } from "../filter/fields.ts";
import { addFilterOptions, type FilterOptions, toFilterQuery } from "../filter/query.ts";
import { collectList } from "../options.ts";
import { toTable } from "../output/table.ts";
import { cellWidth, print, printJson } from "../output/terminal.ts";
import { type CommonOptions, openSession } from "../session.ts";

interface Options extends CommonOptions, FilterOptions {
  readonly by: readonly string[];
}

const periods: { readonly [name: string]: string } = { year: "%Y", month: "%Y-%m", day: "%Y-%m-%d" };
const countName = "secrets";

export function addStat(program: Command): Command {
  const command = program
    .command("stat")
    .summary("count secrets by their fields")
    .description("Count secrets by their fields, or run a whole statistics query.")
    .argument("[filter...]", "which to count, e.g. provider=aws");
  return addFilterOptions(command)
    .option("--by <field>", "count by it; dates as created:month, :year, :day (repeatable)", collectList, [])
    .addHelpText(
      "after",
      `
Examples:
  secret stat --by provider --by project
  secret stat --by created:month tags.env=prod
  secret stat --query by-owner.json`,
    )
    .action(async (terms: readonly string[]) => await stat(terms, command.optsWithGlobals()));
}

async function stat(terms: readonly string[], options: Options): Promise<void> {
  const query = toQuery(terms, options);
  const session = await openSession(options);
  const answer = await session.client.stat({ ...session.domain, query });
  if (session.isJson) printJson(answer);
  else
    print(
      toRowsTable(
        answer.results,
        options.by.map((text) => toGroupKey(text).name),
      ),
    );
}

function toQuery(terms: readonly string[], options: Options): StatisticsQuery {
  const query: StatisticsQuery = toFilterQuery(terms, options);
  const isWhole = query.aggregate !== undefined || query.distinct !== undefined;
  if (isWhole && options.by.length > 0) throw new CliError("--by and a query of its own exclude each other.");
  return isWhole ? query : { ...query, aggregate: toStages(options.by) };
}

/** The most first. */
function toStages(by: readonly string[]): readonly Stage[] {
  if (by.length === 0) return [{ count: { name: countName } }];
  const keys = by.map(toGroupKey);
  const order = keys.map(({ name }) => ({ key: name }));
  return [
    { group: { keys, fields: [{ name: countName, operator: "count" }] } },
    { sort: { keys: [{ key: countName, desc: true }, ...order] } },
  ];
}

/** A row's names have no dots in them. */
function toGroupKey(text: string): { readonly key: string; readonly name: string; readonly date_format?: string } {
  const [field = "", period] = text.split(":");
  const { key, kind } = toKey(field, "--by");
  const name = key.replaceAll(".", "_");
  if (period === undefined) return { key, name };
  const format = Object.hasOwn(periods, period) ? periods[period] : undefined;
  if (kind !== "date" || format === undefined) {
    throw new CliError(`--by "${text}": dates alone have a :year, :month or :day.`);
  }
  return { key, name: `${name}_${period}`, date_format: format };
}

/** Rows may be anything: objects have a column for each name, `first` these, other values one of their own. */
function toRowsTable(rows: readonly JsonValue[], first: readonly string[]): string {
  const objects = rows.map((row) => (isObject(row) ? row : { value: row })) as { readonly [name: string]: JsonValue }[];
  const names = [...new Set([...first, ...objects.flatMap((row) => Object.keys(row))])];
  const columns = names.map((name) => ({
    title: name.toUpperCase(),
    of: (row: (typeof objects)[number]) => row[name],
  }));
  return columns.length === 0 ? "" : toTable(columns, objects, cellWidth());
}
