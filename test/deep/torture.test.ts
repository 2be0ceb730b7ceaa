/** Random calls and faults on real backends, for a short time. `npm run torture` runs for longer. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { muteLog } from "../support/mute-log.ts";
import { type Backends, startBackends } from "../torture/real-containers.ts";
import { torture } from "../torture/torture-run.ts";

const rounds = 40;

let backends: Backends;
let unmute: () => void;

beforeAll(async () => {
  unmute = muteLog();
  backends = await startBackends();
});
afterAll(async () => {
  await backends.close();
  unmute();
});

describe("concurrent callers of all methods, with faults", () => {
  it("see linearizable answers, and leave consistent rows", async () => {
    const seed = Date.now() % 10_000;

    const totals = await torture(backends, { seed, goesOn: (round) => round < rounds });

    process.stdout.write(`Checked ${totals.calls} calls, ${totals.unknown} of unknown outcome (seed ${seed}).\n`);
    expect(totals.complaints).toEqual([]);
    expect(totals.calls).toBeGreaterThan(3000);
  });
});
