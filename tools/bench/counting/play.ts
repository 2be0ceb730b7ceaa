/** Plays a case, and tells what was counted. */

import { type Case, cases } from "./cases.ts";
import { Stage } from "./stage.ts";
import type { Outcome, World } from "./world.ts";

let domains = 0;

/** Plays a case in fresh containers and a domain of its own, and tells what the call that counts came to. */
export async function play(name: string, world: World): Promise<Outcome> {
  const { route, prepare, project, settings = {}, usesIdentity = false } = findCase(name);
  const containers = world.start({ ...settings, ...(usesIdentity && { IDENTITY_URL: world.identityUrl }) });
  const domainId = `domain-${String(++domains).padStart(12, "0")}`;
  const message = await prepare(new Stage(domainId, containers, world));
  const caller = project === undefined ? undefined : { domainId, projects: [project] };
  const outcome = await containers.call(route, message, caller);
  await containers.end();
  return outcome;
}

function findCase(name: string): Case {
  const found = cases[name];
  if (found === undefined) throw new Error(`There is no case "${name}".`);
  return found;
}
