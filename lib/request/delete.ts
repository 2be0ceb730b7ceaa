/** The message of delete. */

import { domainId, id } from "./field.ts";
import { messageParser, type Parse } from "./message.ts";

export interface DeleteRequest {
  readonly secret_id: string;
  readonly domain_id: string;
}

export const parseDelete: Parse<DeleteRequest> = messageParser<DeleteRequest>({ secret_id: id, domain_id: domainId });
