/** Checks all eight methods on one secret, from create to delete. */

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { SecretDataInfo } from "../../../client/messages.ts";
import type { SecretClient } from "../../../client/secret-client.ts";
import { type Check, ensure, expectCode } from "./check.ts";

export interface Life {
  readonly checks: readonly Check[];
  /** Deletes what is left, even if checks have failed. */
  readonly cleanUp: Check;
}

export interface LifeOptions {
  readonly client: SecretClient;
  /** A member of every message; empty if the token has the domain. */
  readonly domain: { readonly domain_id?: string };
  readonly signal?: AbortSignal;
}

/** The secret has a unique name. */
export function lifeOfSecret({ client, domain, signal }: LifeOptions): Life {
  const name = `smoke-${randomUUID()}`;
  const [first, second] = [newData(), newData()];
  const options = signal === undefined ? {} : { signal };
  let secretId = "";
  let etag = "";
  const its = () => ({ ...domain, secret_id: secretId });
  const filter = [{ key: "name", value: name, operator: "eq" } as const];

  const checks: readonly Check[] = [
    {
      name: "create",
      isFirstStep: true,
      run: async () => {
        const request = { ...domain, name, secret_type: "CREDENTIALS", data: first, tags: { smoke: "new" } } as const;
        const made = await client.create(request, options);
        secretId = made.secret_id;
        ensure(made.name === name && made.version === 1, "the created secret is not the one that was asked for");
      },
    },
    {
      name: "get",
      run: async () => {
        const found = await client.get(its(), options);
        ensure(found.name === name, "the answer is about another secret");
      },
    },
    {
      name: "get-data",
      run: async () => {
        const answer = await client.getData(its(), options);
        etag = answer.etag;
        return compare(answer, { version: 1, data: first });
      },
    },
    {
      name: "get-data, unchanged",
      run: async () => {
        const answer = await client.getData({ ...its(), unless_etag: etag }, options);
        ensure(answer.not_modified === true, "unchanged data was sent again");
      },
    },
    {
      name: "update",
      run: async () => {
        const changed = await client.update({ ...its(), tags: { smoke: "changed" } }, options);
        ensure(isDeepStrictEqual({ ...changed.tags }, { smoke: "changed" }), "the tags are not those that were set");
      },
    },
    {
      name: "update-data",
      run: async () => await client.updateData({ ...its(), data: second, expected_version: 1 }, options),
    },
    {
      name: "get-data, new version",
      run: async () => compare(await client.getData(its(), options), { version: 2, data: second }),
    },
    {
      name: "list",
      run: async () => {
        const { results, total_count } = await client.list({ ...domain, query: { filter } }, options);
        ensure(total_count === 1 && results[0]?.secret_id === secretId, "the list does not hold exactly this secret");
      },
    },
    {
      name: "stat",
      run: async () => {
        const query = { filter, aggregate: [{ count: { name: "n" } }] };
        const { results } = await client.stat({ ...domain, query }, options);
        ensure(JSON.stringify(results) === '[{"n":1}]', "the secret is not counted once");
      },
    },
    {
      name: "delete",
      run: async () => await client.delete(its(), options),
    },
    {
      name: "get, deleted",
      run: async () => await expectCode(client.get(its(), options), "ERROR_NOT_FOUND"),
    },
  ];

  const cleanUp: Check = {
    name: "clean-up",
    run: async () => {
      // By name, because the answer with the id may have been lost.
      const { results } = await client.list({ ...domain, name });
      const isOurs = (found: { readonly name: string }) => found.name === name;
      for (const { secret_id } of results.filter(isOurs)) await client.delete({ ...domain, secret_id });
      ensure(results.every(isOurs), "secrets of other names were found, and left alone");
      return results.length === 0 ? undefined : `deleted what was left behind, ${name}`;
    },
  };
  return { checks, cleanUp };
}

function newData() {
  return { user: "smoke", password: randomUUID() };
}

function compare(answer: SecretDataInfo, expected: { readonly version: number; readonly data: object }) {
  ensure(
    answer.version === expected.version,
    `the answer has version ${answer.version} instead of ${expected.version}`,
  );
  if (answer.encrypted) return "sealed: not opened";
  ensure(isDeepStrictEqual({ ...answer.data }, expected.data), "the answer's data is not what was stored");
  return undefined;
}
