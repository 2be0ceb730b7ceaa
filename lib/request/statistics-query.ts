/** The StatisticsQuery of stat. */

import { SecretError } from "../base/errors.ts";
import { assertWithin, queryError } from "../query/bounds.ts";
import type {
  CountInput,
  GroupFieldInput,
  GroupInput,
  GroupKeyInput,
  NamedKeyInput,
  OperandInput,
  ProjectFieldInput,
  ProjectInput,
  StageInput,
  UnwindInput,
} from "../stat/input.ts";
import { type StatisticsQuery, toStatisticsQuery } from "../stat/statistics-query.ts";
import { filterFields, filterOf, page, sentCondition, sort } from "./query.ts";
import { bool, either, int32, invalid, list, message, type Reader, text, wrongType } from "./query-message.ts";

const named = { key: text, k: text, name: text, n: text };
const operated = { ...named, operator: text, o: text };

type SentName = { readonly [Name in keyof typeof named]?: string | undefined };

function toNamedKey(sent: SentName, at: string): NamedKeyInput {
  return { key: either(sent, "key", "k", at), name: either(sent, "name", "n", at) };
}

const namedFields = message(named);
const groupKeyFields = message({ ...named, date_format: text });

const groupKey: Reader<GroupKeyInput> = (value, at) => {
  const sent = groupKeyFields(value, at);
  return { ...toNamedKey(sent, at), dateFormat: sent.date_format ?? "" };
};

const groupFieldFields = message({
  ...operated,
  fields: list<NamedKeyInput>((value, at) => toNamedKey(namedFields(value, at), at)),
  conditions: list(sentCondition),
});

const groupField: Reader<GroupFieldInput> = (value, at) => {
  const sent = groupFieldFields(value, at);
  return {
    ...toNamedKey(sent, at),
    operator: either(sent, "operator", "o", at),
    fields: sent.fields ?? [],
    conditions: sent.conditions ?? [],
  };
};

const groupFields = message({ keys: list(groupKey), fields: list(groupField) });

const group: Reader<GroupInput> = (value, at) => {
  const { keys = [], fields = [] } = groupFields(value, at);
  return { keys, fields };
};

/** Expressions nest, so that their depth must be bounded while they are read. */
function operands(depth: number): Reader<readonly OperandInput[]> {
  return (value, at) => {
    assertWithin("expressionDepth", depth);
    return list(operand(depth))(value, at);
  };
}

function operand(depth: number): Reader<OperandInput> {
  return (value, at) => {
    if (typeof value === "string" || typeof value === "number") return value;
    if (typeof value !== "object") throw wrongType(at, "string, number or Struct");
    const sent = message({ operator: text, o: text, fields: operands(depth + 1) })(value, at);
    return { operator: either(sent, "operator", "o", at), fields: sent.fields ?? [] };
  };
}

const projectFieldFields = message({ ...operated, fields: operands(1) });

const projectField: Reader<ProjectFieldInput> = (value, at) => {
  const sent = projectFieldFields(value, at);
  return { ...toNamedKey(sent, at), operator: either(sent, "operator", "o", at), fields: sent.fields ?? [] };
};

const projectFields = message({ fields: list(projectField), exclude_keys: bool });

const project: Reader<ProjectInput> = (value, at) => {
  const { fields = [], exclude_keys: excludeKeys = false } = projectFields(value, at);
  return { fields, excludeKeys };
};

const unwindFields = message({ path: text });
const unwind: Reader<UnwindInput> = (value, at) => ({ path: unwindFields(value, at).path });

const countFields = message({ name: text });
const count: Reader<CountInput> = (value, at) => ({ name: countFields(value, at).name });

/** The readers of the stages: a stage has the one member of its kind. */
const stages = message({
  unwind: stageOf("unwind", unwind),
  group: stageOf("group", group),
  count: stageOf("count", count),
  sort: stageOf("sort", sort),
  project: stageOf("project", project),
  limit: stageOf("limit", int32),
  skip: stageOf("skip", int32),
});

function stageOf<Kind extends string, Options>(
  kind: Kind,
  reader: Reader<Options>,
): Reader<{ readonly kind: Kind; readonly options: Options }> {
  return (value, at) => ({ kind, options: reader(value, at) });
}

const stage: Reader<StageInput> = (value, at) => {
  const [only, another] = Object.values(stages(value, at)).filter((kind) => kind !== undefined);
  if (only === undefined) throw queryError("a stage requires one of unwind, group, count, sort, project, limit, skip");
  if (another !== undefined) throw invalid(`${at}.${another.kind}`, `the stage is a ${only.kind} already`);
  return only;
};

const statisticsFields = message({
  ...filterFields,
  aggregate: list(stage),
  distinct: text,
  page,
});

/**
 * Reads the `query` of a stat request.
 * @throws ERROR_REQUIRED_PARAMETER for one without `aggregate` and `distinct`; ERROR_INVALID_PARAMETER and
 *   ERROR_INVALID_PARAMETER_TYPE for what is no such message, named by its dotted path; ERROR_DB_QUERY and
 *   ERROR_OPERATOR_… for a query that cannot be run
 */
export function parseStatisticsQuery(value: unknown): StatisticsQuery {
  if (value === undefined || value === null) throw new SecretError("ERROR_REQUIRED_PARAMETER", { key: "query" });
  const sent = statisticsFields(value, "query");
  return toStatisticsQuery({
    ...filterOf(sent),
    aggregate: sent.aggregate ?? [],
    distinct: sent.distinct ?? "",
    page: sent.page ?? null,
  });
}
