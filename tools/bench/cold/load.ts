/** Loads a bundle in a fresh process, as a cold start does. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { environmentAt } from "../stub/scenarios.ts";

/** What the import alone took. */
export interface Loaded {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const script = `
  const cpu = process.cpuUsage();
  const start = performance.now();
  require(process.argv[1]);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
`;

/** Nothing is sent anywhere: a function connects with its first call. */
const environment = environmentAt("http://127.0.0.1:1", "http://127.0.0.1:1");

export async function load(path: string): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script, path], { env: environment });
  return JSON.parse(stdout) as Loaded;
}
