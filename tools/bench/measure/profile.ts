/** Where CPU time goes: a sampled profile of a bundle, by origin of the code. */

import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector/promises";
import { SourceMap, type SourceMapPayload } from "node:module";
import { partOf } from "../bundle/build.ts";

/** Milliseconds by origin: a library, a folder of the project, a part of Node, or `garbage collection`. */
export type TimeByPart = ReadonlyMap<string, number>;

type Node = Profiler.ProfileNode;
type PartOfNode = (node: Node) => string | undefined;

const intervalMicroseconds = 100;

/** Time outside of functions: waiting, and the engine's own work. */
const engineParts: { readonly [name: string]: string } = {
  "(idle)": "idle",
  "(program)": "engine",
  "(root)": "engine",
  "(garbage collector)": "garbage collection",
};

/** Profiles a run of the bundle at `path`, which must have its source map beside it. */
export async function profile(path: string, run: () => Promise<unknown>): Promise<TimeByPart> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: intervalMicroseconds });
  await session.post("Profiler.start");
  await run();
  const { profile: samples } = await session.post("Profiler.stop");
  session.disconnect();
  return sumUp(samples, partsBySourceMap(path));
}

function sumUp({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, partOfNode: PartOfNode): TimeByPart {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    let node = byId.get(id);
    let part = node && partOfNode(node);
    // A built-in function (JSON.parse, a hash) counts for its caller.
    while (node !== undefined && part === undefined) {
      node = parents.get(node.id);
      part = node && partOfNode(node);
    }
    const name = part ?? "engine";
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return times;
}

function partsBySourceMap(path: string): PartOfNode {
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8")) as SourceMapPayload);
  return ({ callFrame: { functionName, url, lineNumber, columnNumber } }) => {
    if (url === "") return engineParts[functionName];
    if (url.startsWith("node:")) return nodePart(url);
    if (!url.endsWith(path)) return "bench";
    const entry = map.findEntry(lineNumber, columnNumber);
    return "originalSource" in entry ? partOf(entry.originalSource) : "engine";
  };
}

const nodeParts: readonly (readonly [pattern: RegExp, part: string])[] = [
  [/crypto/, "node: crypto"],
  [/http|net|stream|_tls|tls/, "node: http, sockets, streams"],
  [/timers/, "node: timers"],
  [/event_target|abort_controller/, "node: signals"],
];

function nodePart(url: string): string {
  return nodeParts.find(([pattern]) => pattern.test(url))?.[1] ?? "node: other";
}
