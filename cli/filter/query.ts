/** The part of a query that list and stat have in common, from their arguments and options. */

import type { Command } from "commander";
import type { Filter, Query, SortKey } from "../../client/query.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { CliError } from "../failure.ts";
import { collect, readQuery } from "../options.ts";
import { toCondition } from "./condition.ts";
import { toKey } from "./fields.ts";

export interface FilterOptions {
  readonly or?: readonly string[];
  readonly keyword?: string;
  readonly query?: string;
}

type FilterQuery = Pick<Query, "filter" | "filter_or" | "keyword">;

const filterHelp = `
Filters, all of which must hold. Quote them from the shell where they have < > ! * or blanks:
  provider=aws  project!=null  schema=a,b    equal; not; one of
  name~prod  name!~test,demo                 contains, in any case; none of
  'name=~^aws-(dev|prod)$'                   pattern (RE2)
  'version>=3'  'tags.cost<100'              less, greater
  'created<now-90d'  'updated>=2026-03'      dates: ISO 8601, or now, now/d, now/w, now/m and ±s m h d w
  'tags.env=*'  'tags.env!=*'                is there; is not
  'name="null"'  'tags.note="a,b"'           quotes (JSON's) make a text of anything
Fields are those of a secret; short: id type account project trusted domain created updated.`;

export function addFilterOptions(command: Command): Command {
  return command
    .option("--or <filter>", "one of these must hold as well (repeatable)", collect)
    .option("--keyword <words>", "a word that id, name, schema or provider contains")
    .option("--query <file>", "a whole query as JSON (docs/query.md; - for standard input); filters add to it")
    .addHelpText("after", filterHelp);
}

/** A query from a file comes first; what the command line says is added. @throws CliError */
export function toFilterQuery(
  terms: readonly string[],
  { or = [], keyword, query: path }: FilterOptions,
): JsonObject & FilterQuery {
  const base = path === undefined ? {} : readQuery(path);
  return {
    ...base,
    ...merge("filter", base, terms.map(toCondition)),
    ...merge("filter_or", base, or.map(toCondition)),
    ...(keyword !== undefined && { keyword }),
  } as JsonObject & FilterQuery;
}

/** `-created,name`: a minus for descending. @throws CliError */
export function toSort(names: readonly string[]): readonly SortKey[] {
  return names.map((name) => {
    const desc = name.startsWith("-");
    const { key } = toKey(desc ? name.slice(1) : name, "--sort");
    return { key, desc };
  });
}

function merge(name: "filter" | "filter_or", base: JsonObject, added: readonly Filter[]): object {
  if (added.length === 0) return {};
  const own = base[name] ?? [];
  if (!Array.isArray(own)) throw new CliError(`${name} in the query is no list.`);
  return { [name]: [...(own as readonly unknown[]), ...added] };
}
