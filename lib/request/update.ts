/** The message of update. */

import * as v from "valibot";
import type { JsonObject } from "../base/json.ts";
import { bool, domainId, id, name, tags } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";

export interface UpdateRequest {
  readonly secret_id: string;
  readonly name: string | null;
  readonly tags: JsonObject | null;
  readonly merge_tags: boolean | null;
  readonly project_id: string | null;
  readonly domain_id: string;
  readonly release_project: boolean | null;
}

export const updateFields: Fields<UpdateRequest> = {
  secret_id: id,
  name: v.optional(name),
  tags: v.optional(tags),
  merge_tags: v.optional(bool),
  project_id: v.optional(id),
  domain_id: domainId,
  release_project: v.optional(bool),
};

export const parseUpdate: Parse<UpdateRequest> = messageParser(updateFields);
