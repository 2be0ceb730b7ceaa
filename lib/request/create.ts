/** The message of create. */

import * as v from "valibot";
import type { JsonObject } from "../base/json.ts";
import type { JsonText } from "../base/json-text.ts";
import { clientToken, data, domainId, id, name, secretType, tags } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";

export interface CreateRequest {
  readonly name: string;
  readonly data: JsonText;
  readonly secret_type: "CREDENTIALS";
  readonly tags: JsonObject | null;
  readonly schema: string | null;
  readonly service_account_id: string | null;
  readonly project_id: string | null;
  readonly trusted_secret_id: string | null;
  readonly domain_id: string;
  readonly client_token: string | null;
}

export const createFields: Fields<CreateRequest> = {
  name,
  data,
  secret_type: secretType,
  tags: v.optional(tags),
  schema: v.optional(id),
  service_account_id: v.optional(id),
  project_id: v.optional(id),
  trusted_secret_id: v.optional(id),
  domain_id: domainId,
  client_token: v.optional(clientToken),
};

export const parseCreate: Parse<CreateRequest> = messageParser(createFields);
