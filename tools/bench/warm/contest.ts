/** A handler and the bare SDK calls of its method, warmed up for the comparison. */

import { join } from "node:path";
import type { Route } from "../../../lib/http/routes.ts";
import { buildBare, buildFunction, functionNames } from "../bundle/build.ts";
import { Candidate } from "../measure/candidates.ts";
import { domainId } from "../sample.ts";
import type { StubEndpoint } from "../stub/endpoint.ts";
import { type Call, toCall } from "../stub/endpoint.ts";
import { environmentAt, httpEvent, type Scenario, scenarios, smallReads } from "../stub/scenarios.ts";

export interface WarmCase {
  readonly name: string;
  readonly route: Route;
  readonly keyCacheSeconds: number;
  /** Absent: the route's own. */
  readonly scenario?: Scenario;
}

/** A way to do the work of a case, and the microseconds per call in each stretch. */
export interface Contestant {
  readonly candidate: Candidate;
  readonly event: unknown;
  readonly cpu: number[];
  readonly wall: number[];
}

export interface Contest {
  readonly name: string;
  readonly direct: Contestant;
  readonly http: Contestant;
  readonly bare: Contestant;
}

const warmUpCalls = 800;

export const warmCases: readonly WarmCase[] = functionNames.flatMap<WarmCase>((route) =>
  route === "get-data"
    ? [
        { name: "get-data", route, keyCacheSeconds: 0 },
        { name: "get-data, key cached", route, keyCacheSeconds: 300 },
        { name: "get-data, small, key cached", route, keyCacheSeconds: 300, scenario: smallReads.one },
        { name: "get-data, 50 small, keys cached", route, keyCacheSeconds: 300, scenario: smallReads.fifty },
      ]
    : [{ name: route, route, keyCacheSeconds: 0 }],
);

export async function prepareContest(
  { name, route, keyCacheSeconds, scenario }: WarmCase,
  stub: StubEndpoint,
  folder: string,
): Promise<Contest> {
  const [own, bare] = await Promise.all([buildFunction(route, folder), buildBare(route, folder)]);
  const environment = { ...environmentAt(stub.url, stub.url), DATA_KEY_CACHE_SECONDS: String(keyCacheSeconds) };
  const log = join(folder, "log");
  const ours = new Candidate({ path: own.path, environment, log });
  const theirs = new Candidate({ path: bare.path, environment, log });
  const { message, answers } = scenario ?? scenarios[route];
  const event = httpEvent(route, message, { domainId });
  stub.give(answers);
  await assertAnswers(name, ours, event);
  const calls = await record(stub, async () => await ours.run({ event: message, calls: 1 }));
  await Promise.all([
    ours.run({ event: message, calls: warmUpCalls }).then(() => ours.run({ event, calls: warmUpCalls })),
    theirs.run({ event: calls, calls: warmUpCalls * 2 }),
  ]);
  const contestant = (candidate: Candidate, given: unknown) => ({ candidate, event: given, cpu: [], wall: [] });
  return { name, direct: contestant(ours, message), http: contestant(ours, event), bare: contestant(theirs, calls) };
}

/** Checks that the call succeeds, because failures would be fast. Also fills the data-key cache for later calls. */
async function assertAnswers(name: string, candidate: Candidate, event: unknown): Promise<void> {
  const { answer } = await candidate.run({ event, calls: 1 });
  const text = JSON.stringify(answer);
  const isAnswered = Reflect.get(Object(answer), "statusCode") === 200;
  if (!isAnswered || text.includes('\\"error\\":')) throw new Error(`${name} failed: ${text}`);
}

/** Records the requests during `act`, as calls of the bare SDK. */
async function record(stub: StubEndpoint, act: () => Promise<unknown>): Promise<Call[]> {
  stub.isRecording = true;
  await act();
  stub.isRecording = false;
  return stub.requests.splice(0).map(toCall);
}
