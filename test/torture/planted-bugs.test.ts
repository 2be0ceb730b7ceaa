/** The checker finds each planted bug, and nothing in a correct store. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { muteLog } from "../support/mute-log.ts";
import { type Bug, bugs, containersWith } from "./planted-bugs.ts";
import { runRound } from "./round.ts";

let unmute: () => void;
beforeAll(() => {
  unmute = muteLog();
});
afterAll(() => unmute());

/** The first complaint of some rounds, each on its own store. */
async function findComplaint(bug: Bug | null, rounds: number): Promise<string | null> {
  for (let seed = 1; seed <= rounds; seed++) {
    const { complaint } = await runRound({ seed, containers: containersWith(bug, seed, 4), calls: 15 });
    if (complaint !== null) return complaint;
  }
  return null;
}

describe("the checker of histories", () => {
  it.each(Object.entries(bugs))("finds %s", async (_, bug) => {
    // The rarest shows in one of some dozens.
    expect(await findComplaint(bug, 1000)).not.toBeNull();
  });

  it("finds nothing in a correct store", async () => {
    expect(await findComplaint(null, 40)).toBeNull();
  });
});
