/** The message of stat, with the schema of its query. Each stage is checked and built while it is parsed. */

import * as v from "valibot";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { assertWithin, bounds, queryError } from "../query/bounds.ts";
import { findPath } from "../query/path.ts";
import {
  type GroupCondition,
  type GroupField,
  type GroupKey,
  group,
  toGroupCondition,
  toGroupField,
  toGroupKey,
} from "../stat/group.ts";
import {
  type Expression,
  type ProjectField,
  project,
  toOperand,
  toOperation,
  toProjectField,
} from "../stat/project.ts";
import type { Stage } from "../stat/stage.ts";
import { count, limit, skip, sort as toSort, unwind } from "../stat/stages.ts";
import type { StatisticsQuery } from "../stat/statistics-query.ts";
import { bool, choice, domainId, type Fields, messageParser, type Parse, pathTo, query } from "./message.ts";
import { filterFields, filterOf, page, sort } from "./query.ts";
import {
  anyValue,
  int32,
  list,
  message,
  namedMessage,
  parseBy,
  type Schema,
  type Sent,
  text,
} from "./query-message.ts";

export interface StatRequest {
  readonly query: StatisticsQuery;
  readonly domain_id: string;
}

export const groupKey: Schema<GroupKey> = v.pipe(
  namedMessage(
    { key: text, name: text },
    {
      date_format: text,
    },
  ),
  v.transform((sent) => toGroupKey(sent)),
);

export const groupCondition: Schema<GroupCondition> = v.pipe(
  namedMessage({ key: text, operator: text, value: anyValue }),
  v.transform((sent) => toGroupCondition(sent)),
);

export const namedKey: Schema<Sent<{ readonly key: Schema<string>; readonly name: Schema<string> }>> = namedMessage({
  key: text,
  name: text,
});

export const groupField: Schema<GroupField> = v.pipe(
  namedMessage(
    { key: text, name: text, operator: text },
    {
      fields: list(namedKey),
      conditions: list(groupCondition),
    },
  ),
  v.transform((sent) => toGroupField(sent)),
);

export const groupOptions: Schema<Stage> = v.pipe(
  message({ keys: list(groupKey, "groupKeys"), fields: list(groupField, "stageFields") }),
  v.transform(({ keys = [], fields = [] }) => group(keys, fields)),
);

const keyOperand: Schema<Expression> = v.pipe(
  text,
  v.transform((sent) => toOperand(sent)),
);
const numberOperand: Schema<Expression> = v.pipe(
  v.number(),
  v.transform((sent) => toOperand(sent)),
);
const noOperand: Schema<Expression> = v.custom<Expression>(() => false, "string, number or Struct");

const tooDeep: Schema<Expression> = v.custom<Expression>(() => {
  assertWithin("expressionDepth", bounds.expressionDepth.max + 1);
  return false;
});

/** A key, a number, or a nested operation. */
function operandOf(operation: Schema<Expression>): Schema<Expression> {
  return choice([keyOperand, numberOperand, operation], (value) => {
    if (typeof value === "string") return keyOperand;
    if (typeof value === "number") return numberOperand;
    return isObject(value) ? operation : noOperand;
  });
}

function operationOf(operand: Schema<Expression>): Schema<Expression> {
  const fields = list(operand);
  return v.pipe(
    namedMessage({ operator: text }, { fields }),
    v.transform((sent) => toOperation(sent)),
  );
}

type OperandLevels = readonly [Schema<Expression>, ...Schema<Expression>[]];

/** Each level of nesting has its own schema, so that nothing is parsed beyond the bound. */
function operandsFrom(level: number): OperandLevels {
  if (level === bounds.expressionDepth.max) return [operandOf(tooDeep)];
  const below = operandsFrom(level + 1);
  return [operandOf(operationOf(below[0])), ...below];
}

export const operands: OperandLevels = operandsFrom(1);
const [operand] = operands;

export const projectField: Schema<ProjectField> = v.pipe(
  namedMessage(
    { key: text, name: text, operator: text },
    {
      fields: list(operand),
    },
  ),
  v.transform((sent) => toProjectField(sent)),
);

/** The stages by kind. A stage is an object whose only member is named by its kind. */
const stages: { readonly [kind: string]: Schema<Stage> } = {
  unwind: v.pipe(
    message({ path: text }),
    v.transform(({ path }) => unwind(path)),
  ),
  group: groupOptions,
  count: v.pipe(
    message({ name: text }),
    v.transform(({ name }) => count(name)),
  ),
  sort: v.pipe(
    sort,
    v.transform((keys) => toSort(keys)),
  ),
  project: v.pipe(
    message({ fields: list(projectField, "stageFields"), exclude_keys: bool }),
    v.transform(({ fields = [], exclude_keys: excludeKeys = false }) => project(fields, excludeKeys)),
  ),
  limit: v.pipe(
    int32,
    v.transform((sent) => limit(sent)),
  ),
  skip: v.pipe(
    int32,
    v.transform((sent) => skip(sent)),
  ),
};

export const stage: Schema<Stage> = v.pipe(
  message(stages),
  v.rawTransform(({ dataset: { value: sent }, addIssue, NEVER }) => {
    const [[kind, only] = [], [another] = []] = Object.entries(sent);
    if (only === undefined) throw queryError(`a stage requires one of ${Object.keys(stages).join(", ")}`);
    if (another === undefined) return only;
    addIssue({ message: `the stage is a ${kind} already`, path: [pathTo(sent, another)] });
    return NEVER;
  }),
);

export const statisticsQuery: Schema<StatisticsQuery> = v.pipe(
  message({ ...filterFields, aggregate: list(stage, "stages"), distinct: text, page }),
  v.transform(({ aggregate = [], distinct = "", page: asked = null, ...sent }): StatisticsQuery => {
    if (aggregate.length === 0 && distinct === "")
      throw new SecretError("ERROR_REQUIRED_PARAMETER", { key: "aggregate" });
    return {
      ...filterOf(sent),
      aggregation:
        aggregate.length > 0 ? { kind: "stages", stages: aggregate } : { kind: "distinct", path: findPath(distinct) },
      page: asked,
    };
  }),
);

/**
 * Parses the `query` of a stat request.
 * @throws ERROR_REQUIRED_PARAMETER if it has neither `aggregate` nor `distinct`; ERROR_INVALID_PARAMETER,
 *   ERROR_INVALID_PARAMETER_TYPE for a malformed query, with the dotted path of the mistake; ERROR_DB_QUERY,
 *   ERROR_OPERATOR_… for a query that cannot be run
 */
export function parseStatisticsQuery(value: unknown): StatisticsQuery {
  if (value === undefined || value === null) throw new SecretError("ERROR_REQUIRED_PARAMETER", { key: "query" });
  return parseBy(statisticsQuery, value, "query");
}

export const statFields: Fields<{ readonly query: object; readonly domain_id: string }> = {
  query,
  domain_id: domainId,
};

const parseMessage = messageParser(statFields);

export const parseStat: Parse<StatRequest> = (body) => {
  const message = parseMessage(body);
  return { ...message, query: parseStatisticsQuery(message.query) };
};
