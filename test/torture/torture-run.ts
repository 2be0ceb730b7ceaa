/** Runs many rounds on one database, several at a time, and checks all rows at the end. */

import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { type Container, versionsKept } from "./container.ts";
import type { Backends } from "./real-containers.ts";
import { type RoundResult, runRound } from "./round.ts";

export interface TortureOptions {
  readonly seed: number;
  /** Whether to begin another round, given its number (from 0). */
  readonly goesOn: (round: number) => boolean;
  readonly onRound?: (totals: Totals) => void;
}

export interface Totals {
  rounds: number;
  calls: number;
  unknown: number;
  /** Complaints, each with the seed of its round. */
  readonly complaints: string[];
}

const lanes = 4;
const callers = 5;
const callsEach = 14;

/** Keeps the seeds of different runs apart. */
const maxRounds = 1_000_000;

export async function torture(backends: Backends, { seed, goesOn, onRound }: TortureOptions): Promise<Totals> {
  const totals: Totals = { rounds: 0, calls: 0, unknown: 0, complaints: [] };
  let round = 0;
  const runLane = async () => {
    const containers: Container[] = [];
    while (containers.length < callers) containers.push(await backends.newContainer());
    while (goesOn(round)) {
      const roundSeed = (seed * maxRounds + round++) % 2 ** 32;
      add(totals, roundSeed, await runRound({ seed: roundSeed, containers, calls: callsEach }));
      onRound?.(totals);
    }
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  const { violations } = await checkIntegrity(backends.database, { versionsKept, pause: async () => undefined });
  totals.complaints.push(...violations.map((violation) => `rows: ${JSON.stringify(violation)}`));
  return totals;
}

function add(totals: Totals, seed: number, { calls, unknown, complaint }: RoundResult): void {
  totals.rounds += 1;
  totals.calls += calls;
  totals.unknown += unknown;
  if (complaint !== null) totals.complaints.push(`round of seed ${seed}: ${complaint}`);
}
