/** Resident memory of this process's children. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Megabytes by a part of the child's command line. */
export async function childMegabytes<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const { stdout } = await promisify(execFile)("ps", ["-axo", "ppid=,rss=,args="]);
  const children = stdout
    .split("\n")
    .map((row) => row.trim().split(/\s+/))
    .filter(([parent]) => Number(parent) === process.pid);
  const megabytes = (name: Name) => {
    const child = children.find(([, , ...command]) => command.join(" ").includes(name));
    return Math.round(Number(child?.[1] ?? Number.NaN) / 1024);
  };
  return Object.fromEntries(names.map((name) => [name, megabytes(name)])) as Record<Name, number>;
}
