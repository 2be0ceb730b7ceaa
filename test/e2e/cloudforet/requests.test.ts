/**
 * Requests of Cloudforet's own services and console to its Secret service, built as in their sources. v1 messages get
 * the expected answers, over HTTP and by invocation. Fields that only v2 has are refused by name.
 */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../../lib/http/routes.ts";
import { invoke, lambdaClient, newDomain, post, secret, tokenFor } from "../service.ts";

interface Row {
  /** Repository, commit and line of the code that sends the request. */
  readonly source: string;
  readonly version: "v1" | "v2";
  readonly method: Route;
  /** `domain-1`, `secret-1` and `secret-2` are placeholders for the ids of a run. */
  readonly message: object;
  /** The field that the error names; absent if the message is accepted. */
  readonly refused?: string;
  /** The members of the answer that the caller reads. */
  readonly answer?: object;
}

const rows = JSON.parse(readFileSync(new URL("requests.json", import.meta.url), "utf8")) as readonly Row[];

/** Sends a message, and returns the answer or the error's message. */
type Send = (route: Route, message: object) => Promise<unknown>;

const ways: Record<string, (domainId: string) => Promise<Send>> = {
  "over HTTP": async (domain_id) => {
    const token = await tokenFor({ domain_id });
    return async (route, message) => (await post(token, route, message)).body;
  },
  "by invocation": async () => async (route, message) => (await invoke(route, message)).payload,
};

/** The rows of a statistic without a sort come in any order. */
function inAnyOrder(answer: object): object {
  const { results }: { readonly results?: unknown[] } = answer;
  return results === undefined
    ? answer
    : { ...answer, results: results.length === 0 ? [] : expect.arrayContaining(results) };
}

describe.each(Object.entries(ways))("a message %s", (_, open) => {
  let send: Send;
  const own = new Map<string, string>();
  const toOwn = (value: object): object =>
    JSON.parse(
      JSON.stringify(value).replaceAll(/"(domain-1|secret-[12])"/g, (_match, word: string) => `"${own.get(word)}"`),
    ) as object;

  beforeAll(async () => {
    const domain_id = newDomain();
    send = await open(domain_id);
    own.set("domain-1", domain_id);
    for (const word of ["secret-1", "secret-2"]) {
      own.set(word, (await lambdaClient().create({ ...secret, name: word, domain_id })).secret_id);
    }
  });

  it.each(rows.filter(({ refused }) => refused === undefined))(
    "of $version for $method, as from $source, is accepted",
    async ({ method, message, answer = {} }) => {
      const actual = await send(method, toOwn(message));

      expect(actual).toMatchObject(inAnyOrder(toOwn(answer)));
    },
  );

  it.each(rows.filter(({ refused }) => refused !== undefined))(
    "of $version for $method, as from $source, is refused, naming $refused",
    async ({ method, message, refused = "" }) => {
      const answer = JSON.stringify(await send(method, toOwn(message)));

      expect(answer).toMatch(/ERROR_INVALID_PARAMETER|ERROR_DB_QUERY/);
      expect(answer).toContain(refused);
    },
  );
});
