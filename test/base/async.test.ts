/** Concurrent tasks: their order, how many run at a time, and what stops them. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inOrder, type Task } from "../../lib/base/async.ts";

/** Tasks that end on command, and their outcomes. */
function controlled(count: number) {
  const gates = Array.from({ length: count }, () => Promise.withResolvers<number>());
  const started: number[] = [];
  const stopped: number[] = [];
  const tasks = gates.map(
    (gate, index): Task<number> =>
      async ({ signal }) => {
        started.push(index);
        signal.addEventListener("abort", () => stopped.push(index));
        return await gate.promise;
      },
  );
  return { gates, started, stopped, tasks };
}

async function collect(values: AsyncIterable<number>): Promise<number[]> {
  const collected: number[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

describe("inOrder", () => {
  it("gives results in order, in whatever order the tasks end", async () => {
    const { gates, tasks } = controlled(3);

    const result = collect(inOrder(tasks, 3, {}));
    for (const index of [2, 0, 1]) gates[index]?.resolve(index * 10);

    expect(await result).toEqual([0, 10, 20]);
  });

  it("runs and buffers no more tasks than allowed", async () => {
    const { gates, started, tasks } = controlled(5);

    const result = collect(inOrder(tasks, 2, {}));
    gates[1]?.resolve(1);
    await setImmediate();
    const before = [...started];
    gates[0]?.resolve(0);
    await setImmediate();
    const after = [...started];
    for (const gate of gates) gate.resolve(5);
    await result;

    expect({ before, after }).toEqual({ before: [0, 1], after: [0, 1, 2, 3] });
  });

  it("gives no results for no tasks", async () => {
    expect(await collect(inOrder([], 3, {}))).toEqual([]);
  });

  it("fails with the first failure in order, and tells the other tasks to stop", async () => {
    const { gates, stopped, tasks } = controlled(4);
    const failure = new Error("the second");

    const result = collect(inOrder(tasks, 3, {}));
    gates[2]?.reject(new Error("the third, which is not looked at"));
    gates[1]?.reject(failure);
    await setImmediate();
    gates[0]?.resolve(0);

    await expect(result).rejects.toBe(failure);
    expect(stopped).toEqual([0, 1, 2, 3]);
  });

  it("tells the tasks to stop when the caller stops reading", async () => {
    const { gates, stopped, tasks } = controlled(3);
    gates[0]?.resolve(0);

    for await (const value of inOrder(tasks, 2, {})) {
      expect(value).toBe(0);
      break;
    }

    expect(stopped).toEqual([0, 1, 2]);
  });

  it("tells the tasks to stop when the caller's signal fires", async () => {
    const { gates, stopped, tasks } = controlled(2);
    const abort = new AbortController();

    const first = inOrder(tasks, 2, { signal: abort.signal }).next();
    abort.abort();
    gates[0]?.resolve(0);
    await first;

    expect(stopped).toEqual([0, 1]);
  });
});
