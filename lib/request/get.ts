/** The message of get. */

import * as v from "valibot";
import { domainId, fieldNames, id } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";

export interface GetRequest {
  readonly secret_id: string;
  readonly domain_id: string;
  readonly only: readonly string[] | null;
}

export const getFields: Fields<GetRequest> = {
  secret_id: id,
  domain_id: domainId,
  only: v.optional(fieldNames),
};

export const parseGet: Parse<GetRequest> = messageParser(getFields);
