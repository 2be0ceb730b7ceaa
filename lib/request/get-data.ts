/** The message of get_data. */

import * as v from "valibot";
import { bool, domainId, etag, id, version } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";

export interface GetDataRequest {
  readonly secret_id: string;
  readonly domain_id: string;
  readonly version: number | null;
  readonly sealed: boolean | null;
  readonly unless_etag: string | null;
}

export const getDataFields: Fields<GetDataRequest> = {
  secret_id: id,
  domain_id: domainId,
  version: v.optional(version),
  sealed: v.optional(bool),
  unless_etag: v.optional(etag),
};

export const parseGetData: Parse<GetDataRequest> = messageParser(getDataFields);
