/** `secret list` and `secret stat`: queries from filters and options, and tables of the answers. */

import { type Command, Option } from "commander";
import type { SecretInfo, SecretsInfo } from "../client/messages.ts";
import type { Filter, Query, SortKey, Stage, StatisticsQuery } from "../client/query.ts";
import { isObject, type JsonObject, type JsonValue } from "../lib/base/json.ts";
import { holdsInexactNumber, JsonTextError, parseJsonText } from "../lib/base/json-text.ts";
import { splitKey } from "../lib/query/path.ts";
import { CliError } from "./failure.ts";
import { toCondition, toKey } from "./filter.ts";
import { decodeDocument, type Io, nameSource, readBytes } from "./io.ts";
import { cellWidth, listedFields, printJson, printSecrets, remark, showProgress } from "./output.ts";
import { type CommonOptions, collect, collectList, openSession, type Session, toCount } from "./session.ts";
import { toTable } from "./text.ts";

interface ListOptions extends CommonOptions, FilterOptions {
  readonly sort?: readonly string[];
  readonly limit?: number;
  readonly page?: number;
  readonly only?: readonly string[];
  readonly all?: boolean;
  readonly count?: boolean;
}

type Answer = SecretsInfo<Partial<SecretInfo>>;

interface StatOptions extends CommonOptions, FilterOptions {
  readonly by?: readonly string[];
}

interface FilterOptions {
  readonly or?: readonly string[];
  readonly keyword?: string;
  readonly query?: string;
}

type FilterQuery = Pick<Query, "filter" | "filter_or" | "keyword">;

const usualLimit = 50;
const progressStep = 250;

const periods: { readonly [name: string]: string } = { year: "%Y", month: "%Y-%m", day: "%Y-%m-%d" };
/** Far more than a useful query; the service refuses requests over 2 MiB. */
const maxQueryBytes = 1_000_000;
const countName = "secrets";

const filterHelp = `
Filters, all of which must match. Quote filters that contain < > ! * or whitespace, so that the shell leaves them alone:
  provider=aws  project!=null  schema=a,b    equal; not equal; one of
  name~prod  name!~test,demo                 contains, ignoring case; contains none of
  'name=~^aws-(dev|prod)$'                   matches a pattern (RE2 syntax)
  'version>=3'  'tags.cost<100'              greater or equal; less
  'created<now-90d'  'updated>=2026-03'      dates: ISO 8601, or relative, as now-90d or now+2h (s m h d w)
                                             and now/d, now/w, now/m (start of the day, week, month)
  'tags.env=*'  'tags.env!=*'                is present; is absent
  'name="null"'  'tags.note="a,b"'           a value in JSON quotes is always a string
Fields are those of a secret. Short names: id type account project trusted domain created updated expires.`;

export function addList(program: Command, io: Io): Command {
  const command = program
    .command("list")
    .summary("list secrets' metadata")
    .description(`List secrets' metadata, ${usualLimit} at a time.`)
    .argument("[filter...]", "conditions that must all match, for example provider=aws");
  return addFilterOptions(command)
    .option("--sort <fields>", "sort by these fields; -field for descending (default: name)", collectList)
    .option("--limit <n>", `secrets per page (default: ${usualLimit})`, toCount)
    .option("--page <n>", "page number (default: 1)", toCount)
    .option("--only <fields>", "print only these fields, separated by commas", collectList)
    .addOption(new Option("--all", "print all pages, sorted by id").conflicts(["sort", "limit", "page", "count"]))
    .option("--count", "print only how many secrets match")
    .addHelpText(
      "after",
      `
Examples:
  secret list provider=aws name~prod 'created<now-90d' --sort -created
  secret list tags.env=prod --only id,name,tags.owner --all --json
  secret list trusted=null --count`,
    )
    .action(async (terms: readonly string[]) => await list(io, terms, command.optsWithGlobals()));
}

async function list(io: Io, terms: readonly string[], options: ListOptions): Promise<void> {
  const query = toListQuery(await readQuery(io, options), terms, options);
  const session = await openSession(io, options);
  const answer = options.all ? await askAll(io, session, query) : await ask(session, query);
  const { results, total_count } = answer;
  if (session.isJson) printJson(io, answer);
  else if (options.count) io.stdout.write(`${total_count}\n`);
  else printSecrets(io, results, query.only ?? listedFields);
  if (query.count_only || results.length === total_count) return;
  remark(io, `${results.length} of ${total_count} shown; --all shows all.`);
}

function toListQuery(base: JsonObject, terms: readonly string[], options: ListOptions): Query {
  const { sort, limit, page, only, count } = options;
  const query: Query = toFilterQuery(base, terms, options);
  return {
    ...query,
    page: query.page ?? { start: ((page ?? 1) - 1) * (limit ?? usualLimit) + 1, limit: limit ?? usualLimit },
    ...(sort && { sort: toSort(sort) }),
    ...(only && { only: only.map((name) => toKey(name, "--only").key) }),
    ...(count && { count_only: true }),
  };
}

async function ask({ client, domain }: Session, query: Query): Promise<Answer> {
  return await client.list({ ...domain, query });
}

/** Reads in the order of ids, so that no secret is missed while others write. */
async function askAll(io: Io, { client, domain }: Session, query: Query): Promise<Answer> {
  const { sort: _sort, page: _page, count_only: _count, ...rest } = query;
  const results: Partial<SecretInfo>[] = [];
  for await (const secret of client.listAll({ ...domain, query: rest })) {
    results.push(secret);
    if (results.length % progressStep === 0) showProgress(io, `${results.length} secrets …`);
  }
  showProgress(io, "");
  return { results, total_count: results.length };
}

export function addStat(program: Command, io: Io): Command {
  const command = program
    .command("stat")
    .summary("count secrets by their fields")
    .description("Count secrets by their fields, or run a statistics query from a file.")
    .argument("[filter...]", "conditions that must all match, for example provider=aws");
  return addFilterOptions(command)
    .option("--by <field>", "count by this field; by created:year, :month or :day for dates (repeatable)", collectList)
    .addHelpText(
      "after",
      `
Examples:
  secret stat --by provider --by project
  secret stat --by created:month tags.env=prod
  secret stat --query by-owner.json`,
    )
    .action(async (terms: readonly string[]) => await stat(io, terms, command.optsWithGlobals()));
}

async function stat(io: Io, terms: readonly string[], options: StatOptions): Promise<void> {
  const query = toStatQuery(await readQuery(io, options), terms, options);
  const { by = [] } = options;
  const session = await openSession(io, options);
  const answer = await session.client.stat({ ...session.domain, query });
  if (session.isJson) printJson(io, answer);
  else
    io.stdout.write(
      toRowsTable(
        io,
        answer.results,
        by.map((text) => toGroupKey(text).name),
      ),
    );
}

function toStatQuery(base: JsonObject, terms: readonly string[], options: StatOptions): StatisticsQuery {
  const { by = [] } = options;
  const query: StatisticsQuery = toFilterQuery(base, terms, options);
  const isWhole = query.aggregate !== undefined || query.distinct !== undefined;
  if (isWhole && by.length > 0)
    throw new CliError("--by cannot be combined with a query that has its own aggregate or distinct.");
  return isWhole ? query : { ...query, aggregate: toStages(by) };
}

/** The largest count comes first. */
function toStages(by: readonly string[]): readonly Stage[] {
  if (by.length === 0) return [{ count: { name: countName } }];
  const keys = by.map(toGroupKey);
  const order = keys.map(({ name }) => ({ key: name }));
  return [
    { group: { keys, fields: [{ name: countName, operator: "count" }] } },
    { sort: { keys: [{ key: countName, desc: true }, ...order] } },
  ];
}

/** Member names of a row must not have dots. */
function toGroupKey(text: string): { readonly key: string; readonly name: string; readonly date_format?: string } {
  const [field = "", period] = text.split(":");
  const { key, kind } = toKey(field, "--by");
  const name = splitKey(key).join("_").replaceAll(".", "_");
  if (period === undefined) return { key, name };
  const format = Object.hasOwn(periods, period) ? periods[period] : undefined;
  if (kind !== "date" || format === undefined) {
    throw new CliError(`--by "${text}": only date fields take :year, :month or :day.`);
  }
  return { key, name: `${name}_${period}`, date_format: format };
}

/** A column for each member of the rows, `first` the given ones. A row that is not an object gets its own column. */
function toRowsTable(io: Io, rows: readonly JsonValue[], first: readonly string[]): string {
  const objects = rows.map((row) => (isObject(row) ? row : { value: row })) as { readonly [name: string]: JsonValue }[];
  const names = [...new Set([...first, ...objects.flatMap((row) => Object.keys(row))])];
  const columns = names.map((name) => ({
    title: name.toUpperCase(),
    of: (row: (typeof objects)[number]) => row[name],
  }));
  return columns.length === 0 ? "" : toTable(columns, objects, cellWidth(io));
}

function addFilterOptions(command: Command): Command {
  return command
    .option("--or <filter>", "also require that at least one of the --or filters matches (repeatable)", collect)
    .option("--keyword <words>", "require one of these words in id, name, schema or provider")
    .option("--query <file>", "read a query as JSON (docs/query.md; - for standard input); filters are added to it")
    .addHelpText("after", filterHelp);
}

/** A query from a file comes first; what the command line says is added. @throws CliError */
function toFilterQuery(
  base: JsonObject,
  terms: readonly string[],
  { or = [], keyword }: FilterOptions,
): JsonObject & FilterQuery {
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
  if (!Array.isArray(own)) throw new CliError(`${name} in the query must be a list.`);
  return { [name]: [...(own as readonly unknown[]), ...added] };
}

/** Reads a query of docs/query.md from a file; `-` is standard input. @throws CliError */
async function readQuery(io: Io, { query: path }: FilterOptions): Promise<JsonObject> {
  if (path === undefined) return {};
  const source = nameSource(path);
  const text = decodeDocument(await readBytes(io, path, maxQueryBytes), source);
  if (holdsInexactNumber(text)) throw new CliError(`${source} has a number with too many digits: it would be rounded.`);
  try {
    return parseJsonText(text).parse();
  } catch (error) {
    if (error instanceof JsonTextError) throw new CliError(`${source} ${error.message}.`);
    throw error;
  }
}
