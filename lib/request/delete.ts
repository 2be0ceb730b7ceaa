/** The message of delete. */

import { domainId, id } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";

export interface DeleteRequest {
  readonly secret_id: string;
  readonly domain_id: string;
}

export const deleteFields: Fields<DeleteRequest> = { secret_id: id, domain_id: domainId };

export const parseDelete: Parse<DeleteRequest> = messageParser(deleteFields);
