/**
 * Filtering, sorting and grouping rows in memory beside mingo and sift: `node tools/bench/query.ts [rounds]`.
 * The contestants take turns within each round, so that what else the machine does hits all of them; compare ratios.
 */

import { aggregate, Query as MingoQuery } from "mingo";
import sift from "sift";
import type { QueryContext } from "../../lib/query/filter.ts";
import { compileFilter } from "../../lib/query/filter.ts";
import { compileList } from "../../lib/query/list.ts";
import type { Row } from "../../lib/query/path.ts";
import { parseQuery } from "../../lib/request/query.ts";
import { parseStatisticsQuery } from "../../lib/request/statistics-query.ts";
import { compileStatistics } from "../../lib/stat/run.ts";

type Run = (rows: Row[]) => unknown;

interface Case {
  readonly name: string;
  /** Ours is the first. */
  readonly contestants: { readonly [name: string]: Run };
}

const context: QueryContext = { now: new Date("2024-01-01T00:00:00Z"), patterns: null };

function list(query: unknown): Run {
  const parsed = parseQuery(query);
  return (rows) => {
    const run = compileList(parsed, context);
    for (const row of rows) run.add(row);
    return run.finish().rows.length;
  };
}

function stat(query: unknown): Run {
  const parsed = parseStatisticsQuery(query);
  return (rows) => {
    const run = compileStatistics(parsed, context);
    for (const row of rows) run.add(row);
    return run.finish().results.length;
  };
}

function count(query: unknown): Run {
  const matches = compileFilter(parseQuery(query), context);
  return (rows) => rows.filter(matches).length;
}

const mingoFilter = { provider: "aws", "tags.env": "prod", "tags.cost": { $gt: 50 } };
const ourFilter = [
  { k: "provider", v: "aws", o: "eq" },
  { k: "tags.env", v: "prod", o: "eq" },
  { k: "tags.cost", v: 50, o: "gt" },
];
const containsWord = { $regex: "prod", $options: "i" };
const mingoKeyword = {
  $or: [{ secret_id: containsWord }, { name: containsWord }, { schema: containsWord }, { provider: containsWord }],
};
const mingoGroup = { _id: "$provider", n: { $sum: 1 }, cost: { $sum: "$tags.cost" }, last: { $max: "$name" } };

const cases: readonly Case[] = [
  {
    name: "filter, 3 conditions",
    contestants: {
      ours: count({ filter: ourFilter }),
      mingo: (rows) => {
        const query = new MingoQuery(mingoFilter);
        return rows.filter((row) => query.test(row)).length;
      },
      sift: (rows) => rows.filter(sift.default(mingoFilter)).length,
    },
  },
  {
    name: "keyword, 1 word",
    contestants: {
      ours: count({ keyword: "prod" }),
      mingo: (rows) => {
        const query = new MingoQuery(mingoKeyword);
        return rows.filter((row) => query.test(row)).length;
      },
      sift: (rows) => rows.filter(sift.default(mingoKeyword)).length,
    },
  },
  {
    name: "list by name, page of 20",
    contestants: {
      ours: list({ page: { limit: 20 } }),
      mingo: (rows) => new MingoQuery({}).find(rows).sort({ name: 1, secret_id: 1 }).limit(20).all().length,
    },
  },
  {
    name: "list by name, all",
    contestants: {
      ours: list({}),
      mingo: (rows) => new MingoQuery({}).find(rows).sort({ name: 1, secret_id: 1 }).all().length,
    },
  },
  {
    name: "list by 2 keys, page 3 of 20",
    contestants: {
      ours: list({ sort: [{ key: "tags.env" }, { key: "created_at", desc: true }], page: { start: 41, limit: 20 } }),
      mingo: (rows) =>
        new MingoQuery({}).find(rows).sort({ "tags.env": 1, created_at: -1, secret_id: 1 }).skip(40).limit(20).all()
          .length,
    },
  },
  {
    name: "stat: group, 3 fields",
    contestants: {
      ours: stat({
        aggregate: [
          {
            group: {
              keys: [{ k: "provider", n: "provider" }],
              fields: [
                { n: "n", o: "count" },
                { k: "tags.cost", n: "cost", o: "sum" },
                { k: "name", n: "last", o: "max" },
              ],
            },
          },
        ],
      }),
      mingo: (rows) => aggregate(rows, [{ $group: mingoGroup }]).length,
    },
  },
  {
    name: "stat: unwind, group, sort",
    contestants: {
      ours: stat({
        aggregate: [
          { unwind: { path: "tags.labels" } },
          { group: { keys: [{ k: "tags.labels", n: "label" }], fields: [{ n: "n", o: "count" }] } },
          { sort: { key: "n", desc: true } },
        ],
      }),
      mingo: (rows) =>
        aggregate(rows, [
          { $unwind: "$tags.labels" },
          { $group: { _id: "$tags.labels", n: { $sum: 1 } } },
          { $sort: { n: -1 } },
        ]).length,
    },
  },
];

function makeRows(count: number): Row[] {
  const pick = <Item>(items: readonly Item[], n: number): Item | undefined => items[n % items.length];
  return Array.from({ length: count }, (_, index) => {
    // A fixed shuffle: names and ids must not come in order.
    const n = Math.imul(index + 1, 2654435761) >>> 0;
    return {
      secret_id: `secret-${n.toString(16).padStart(12, "0")}`,
      name: `${pick(["aws", "azure", "gcp", "개발"], n)}-${pick(["prod", "dev", "qa"], n >>> 3)}-${n}`,
      secret_type: "CREDENTIALS",
      tags: {
        env: pick(["prod", "dev", "qa", "stg"], n >>> 5),
        cost: n % 1000,
        labels: [`l${n % 50}`, `l${(n >>> 7) % 50}`],
        owner: { name: `user ${n % 300}` },
      },
      ...(n % 5 === 0 ? {} : { schema: pick(["aws_access_key", "azure_client_secret"], n >>> 4) }),
      provider: pick(["aws", "azure", "google_cloud"], n >>> 2),
      project_id: `project-${n % 40}`,
      domain_id: "domain-1",
      created_at: new Date(1.6e12 + n * 30).toISOString(),
    };
  });
}

function measure(run: Run, rows: Row[]): number {
  const start = performance.now();
  run(rows);
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const rounds = Number(process.argv[2] ?? 15);
const table: { [column: string]: string | number }[] = [];
for (const size of [1_000, 20_000, 100_000]) {
  const rows = makeRows(size);
  for (const { name, contestants } of cases) {
    const names = Object.keys(contestants);
    const times = new Map(names.map((contestant) => [contestant, [] as number[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of names) {
        const run = contestants[contestant];
        if (run !== undefined) times.get(contestant)?.push(measure(run, rows));
      }
    }
    const [ours = Number.NaN, ...others] = names.map((contestant) => median(times.get(contestant) ?? []));
    table.push({
      case: name,
      rows: size,
      "ours ms": ours.toFixed(2),
      "ours µs/row": ((ours * 1000) / size).toFixed(2),
      ...Object.fromEntries(others.map((ms, index) => [`${names[index + 1]} ×`, (ms / ours).toFixed(1)])),
    });
  }
}
console.table(table);
