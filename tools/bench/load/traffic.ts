/** Reads and writes as the load mixes them, on secrets that are there before. */

import { secretData } from "../sample.ts";
import type { Wanted } from "./connections.ts";

/** A stack under load. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly domainId: string;
}

const secrets = 64;

/** Of 100 requests. */
const mix: readonly (readonly [kind: string, of100: number])[] = [
  ["get-data", 70],
  ["get", 15],
  ["list", 5],
  ["stat", 2],
  ["update-data", 4],
  ["update", 4],
];

/** Creates the secrets, and tells which requests to make of them. */
export async function prepareTraffic(target: Target): Promise<(connection: number, random: () => number) => Wanted> {
  const ids: string[] = [];
  for (let index = 0; index < secrets; index += 1) ids.push(await create(target, index));
  return (connection, random) => {
    const kind = pick(random() * 100);
    // Reads go to all secrets; a connection writes to its own, so that no two writers meet and none must be told so.
    const isWrite = kind.startsWith("update");
    const id = ids[isWrite ? connection % secrets : Math.floor(random() * secrets)] ?? "";
    return { kind, path: `/secret/v1/secret/${kind}`, message: messageOf(kind, id, target.domainId, random) };
  };
}

function pick(percent: number): string {
  let sum = 0;
  for (const [kind, of100] of mix) {
    sum += of100;
    if (percent < sum) return kind;
  }
  return "get-data";
}

function messageOf(kind: string, id: string, domainId: string, random: () => number): object {
  switch (kind) {
    case "list":
      return { domain_id: domainId, query: { page: { limit: 20 } } };
    case "stat":
      return { domain_id: domainId, query: { distinct: "provider" } };
    case "update-data":
      return { domain_id: domainId, secret_id: id, data: secretData };
    case "update":
      return { domain_id: domainId, secret_id: id, tags: { count: Math.floor(random() * 1000) } };
    default:
      return { domain_id: domainId, secret_id: id };
  }
}

async function create({ url, token, domainId }: Target, index: number): Promise<string> {
  const message = { name: `load ${index}`, data: secretData, secret_type: "CREDENTIALS", domain_id: domainId };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${url}/secret/v1/secret/create`, {
    method: "POST",
    headers,
    body: JSON.stringify(message),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`create failed: ${JSON.stringify(answer)}`);
  return String(Reflect.get(Object(answer), "secret_id"));
}
