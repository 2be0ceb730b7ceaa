/** `secret list`. */

import { type Command, Option } from "commander";
import type { SecretInfo, SecretsInfo } from "../../client/messages.ts";
import type { Query } from "../../client/query.ts";
import { toKey } from "../filter/fields.ts";
import { addFilterOptions, type FilterOptions, toFilterQuery, toSort } from "../filter/query.ts";
import { collectList, toCount } from "../options.ts";
import { listedFields, toSecretsTable } from "../output/secrets.ts";
import { print, printJson, remark, showProgress } from "../output/terminal.ts";
import { type CommonOptions, openSession, type Session } from "../session.ts";

interface Options extends CommonOptions, FilterOptions {
  readonly sort?: readonly string[];
  readonly limit?: number;
  readonly page?: number;
  readonly only?: readonly string[];
  readonly all?: boolean;
  readonly count?: boolean;
}

type Answer = SecretsInfo<Partial<SecretInfo>>;

const usualLimit = 50;
const progressStep = 250;

export function addList(program: Command): Command {
  const command = program
    .command("list")
    .summary("list secrets' metadata")
    .description(`List secrets' metadata, ${usualLimit} at a time.`)
    .argument("[filter...]", "what must hold, e.g. provider=aws");
  return addFilterOptions(command)
    .option("--sort <fields>", "order by these, -field for descending (default: name)", collectList)
    .option("--limit <n>", `how many on a page (default: ${usualLimit})`, toCount)
    .option("--page <n>", "which page, from 1", toCount)
    .option("--only <fields>", "just these fields, separated by commas", collectList)
    .addOption(
      new Option("--all", "all pages, in the order of their ids").conflicts(["sort", "limit", "page", "count"]),
    )
    .option("--count", "just how many there are")
    .addHelpText(
      "after",
      `
Examples:
  secret list provider=aws name~prod 'created<now-90d' --sort -created
  secret list tags.env=prod --only id,name,tags.owner --all --json
  secret list trusted=null --count`,
    )
    .action(async (terms: readonly string[]) => await list(terms, command.optsWithGlobals()));
}

async function list(terms: readonly string[], options: Options): Promise<void> {
  const query = toQuery(terms, options);
  const session = await openSession(options);
  const answer = options.all ? await askAll(session, query) : await ask(session, query);
  if (session.isJson) printJson(answer);
  else if (options.count) print(`${answer.total_count}\n`);
  else printTable(answer, query.only ?? listedFields);
}

function printTable({ results, total_count }: Answer, paths: readonly string[]): void {
  print(toSecretsTable(results, paths));
  if (results.length < total_count) remark(`${results.length} of ${total_count} shown; --all shows all.`);
}

function toQuery(terms: readonly string[], { sort, limit, page, only, count, ...options }: Options): Query {
  const query: Query = toFilterQuery(terms, options);
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

/** Goes by id, so that none is missed while others write. */
async function askAll({ client, domain }: Session, query: Query): Promise<Answer> {
  const { sort: _sort, page: _page, count_only: _count, ...rest } = query;
  const results: Partial<SecretInfo>[] = [];
  for await (const secret of client.listAll({ ...domain, query: rest })) {
    results.push(secret);
    if (results.length % progressStep === 0) showProgress(`${results.length} secrets …`);
  }
  showProgress("");
  return { results, total_count: results.length };
}
