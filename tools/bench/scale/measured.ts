/** What the simulation of many containers starts from, measured here on one. */

import { join } from "node:path";
import { buildFunction } from "../bundle/build.ts";
import { load } from "../cold/load.ts";
import { Candidate } from "../measure/candidates.ts";
import { median } from "../measure/statistics.ts";
import { StubEndpoint } from "../stub/endpoint.ts";
import { environmentAt, scenarios } from "../stub/scenarios.ts";

export interface Measured {
  /** CPU of a call whose key is in memory, and of one that asks KMS. */
  readonly cachedCpuMs: number;
  readonly uncachedCpuMs: number;
  /** Import of the bundle. */
  readonly importMs: number;
}

const stretches = 15;
const callsPerStretch = 60;
const warmUpCalls = 1500;

export async function measure(folder: string): Promise<Measured> {
  const { path } = await buildFunction("get-data", folder);
  const stub = await new StubEndpoint().start();
  const { message, answers } = scenarios["get-data"];
  stub.give(answers);
  const start = (seconds: string) => {
    const environment = { ...environmentAt(stub.url, stub.url), DATA_KEY_CACHE_SECONDS: seconds };
    return new Candidate({ path, environment, log: join(folder, "log") });
  };
  const containers = [start("300"), start("0")] as const;
  try {
    for (const container of containers) await container.run({ event: message, calls: warmUpCalls });
    const samples: [number[], number[]] = [[], []];
    const imports: number[] = [];
    for (let stretch = 0; stretch < stretches; stretch += 1) {
      for (const [index, container] of containers.entries()) {
        const { cpuMs } = await container.run({ event: message, calls: callsPerStretch, runIn: 10 });
        samples[index]?.push(cpuMs / callsPerStretch);
      }
      imports.push((await load(path)).wallMs);
    }
    return { cachedCpuMs: median(samples[0]), uncachedCpuMs: median(samples[1]), importMs: median(imports) };
  } finally {
    await Promise.all(containers.map(async (container) => await container.end()));
    await stub.close();
  }
}
