/** Runs the test vectors of list on rows in memory. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { bindQuery } from "../../lib/query/query.ts";
import { answeredPaths, compileSelection } from "../../lib/query/selection.ts";
import { parseList } from "../../lib/request/list.ts";
import { findDifferences, loadVectors, type Outcome, secrets } from "../vectors/compare.ts";
import { findRows } from "./run-list.ts";

describe("list returns what the vectors say", () => {
  it.each(loadVectors("list"))("$id", async (vector) => {
    const outcome = await list(vector.request);

    expect(findDifferences(vector, outcome)).toEqual([]);
  });
});

async function list(body: unknown): Promise<Outcome> {
  try {
    const { query: sent, domain_id, ...fields } = parseList(body);
    const query = bindQuery(sent, fields);
    const found = await findRows(
      query,
      secrets.filter((row) => row["domain_id"] === domain_id),
    );
    return { results: found.rows.map(compileSelection(answeredPaths(query))), total_count: found.totalCount };
  } catch (error) {
    if (error instanceof SecretError) return { code: error.code };
    throw error;
  }
}
