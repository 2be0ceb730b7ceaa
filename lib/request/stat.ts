/** The message of stat. */

import type { StatisticsQuery } from "../stat/statistics-query.ts";
import { domainId, query } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";
import { parseStatisticsQuery } from "./statistics-query.ts";

export interface StatRequest {
  readonly query: StatisticsQuery;
  readonly domain_id: string;
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
