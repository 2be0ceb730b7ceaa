/** Runs the test vectors of stat on rows in memory. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { parseStat } from "../../lib/request/stat.ts";
import { findDifferences, loadVectors, type Outcome, secrets } from "../vectors/compare.ts";
import { runStatistics } from "./run-stat.ts";

describe("stat returns what the vectors say", () => {
  it.each(loadVectors("stat"))("$id", async (vector) => {
    const outcome = await stat(vector.request);

    expect(findDifferences(vector, outcome)).toEqual([]);
  });
});

async function stat(body: unknown): Promise<Outcome> {
  try {
    const { query, domain_id } = parseStat(body);
    return await runStatistics(
      query,
      secrets.filter((row) => row["domain_id"] === domain_id),
    );
  } catch (error) {
    if (error instanceof SecretError) return { code: error.code };
    throw error;
  }
}
