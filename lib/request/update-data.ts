/** The message of update_data. */

import * as v from "valibot";
import type { JsonText } from "../base/json-text.ts";
import { clientToken, data, domainId, id, version } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";

export interface UpdateDataRequest {
  readonly secret_id: string;
  readonly data: JsonText;
  readonly domain_id: string;
  readonly schema: string | null;
  readonly expected_version: number | null;
  readonly client_token: string | null;
}

export const updateDataFields: Fields<UpdateDataRequest> = {
  secret_id: id,
  data,
  domain_id: domainId,
  schema: v.optional(id),
  expected_version: v.optional(version),
  client_token: v.optional(clientToken),
};

export const parseUpdateData: Parse<UpdateDataRequest> = messageParser(updateDataFields);
