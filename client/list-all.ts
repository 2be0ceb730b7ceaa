/** Reads all secrets of a query, page by page. */

import type { CallOptions } from "./call.ts";
import type { SecretQuery, SecretsInfo } from "./messages.ts";
import type { Filter, Query } from "./query.ts";

/** Without sort and page, because the pages follow `secret_id`. */
export type SecretQueryOfAll<Path extends string = string, Minimal extends boolean = boolean> = Omit<
  SecretQuery,
  "query"
> & { readonly query?: Omit<Query<Path, Minimal>, "sort" | "page" | "count_only"> };

export interface ListAllOptions extends CallOptions {
  /** Default 250, which fit into one answer even if their tags are as large as possible. */
  readonly pageSize?: number;
}

type List<Listed> = (request: SecretQuery, options: CallOptions) => Promise<SecretsInfo<Listed>>;

/** Continues after the last id of a page. Row numbers would shift while others write. */
export async function* listAll<Listed extends { readonly secret_id?: string }>(
  list: List<Listed>,
  request: SecretQueryOfAll,
  { pageSize = 250, ...options }: ListAllOptions,
): AsyncGenerator<Listed, void, undefined> {
  const { query = {}, ...fields } = request;
  let after: string | undefined = "";
  while (after !== undefined) {
    const beyond: readonly Filter[] = after === "" ? [] : [{ key: "secret_id", operator: "gt", value: after }];
    const page = {
      ...query,
      filter: [...(query.filter ?? []), ...beyond],
      sort: { key: "secret_id" },
      page: { limit: pageSize },
    };
    const { results }: SecretsInfo<Listed> = await list({ ...fields, query: page }, options);
    yield* results;
    after = results.length < pageSize ? undefined : results.at(-1)?.secret_id;
  }
}
