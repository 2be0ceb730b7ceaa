/** The contestants, on the same database and KMS: credstash's requests, and this project's functions. */

import { join } from "node:path";
import { createTables } from "../../local/deployment.ts";
import { startParts } from "../../local/parts.ts";
import { buildSource } from "../bundle/build.ts";
import { Candidate } from "../measure/candidates.ts";
import { domainId, secretData } from "../sample.ts";
import { tableDefinition } from "./credstash.ts";

type Message = { readonly [field: string]: unknown };

export interface Contestant {
  readonly name: string;
  readonly candidate: Candidate;
  readonly event: unknown;
  /** How many requests it makes one after the other. */
  readonly requests: number;
}

/** Contestants with the same work; credstash is the first. */
export interface Contest {
  readonly work: string;
  readonly contestants: readonly Contestant[];
}

/**
 * Sources of the contestants' bundles. Each writing call has a new name or token, if the event has one, and expects the
 * version that the call before it wrote.
 */
const sources = {
  credstash: `
    import { get, put } from "./tools/bench/peer/credstash.ts";
    let calls = 0;
    export const handler = async ({ does, name, secret, context }) => {
      if (does === "get") return await get(name, context);
      return await put(does === "put new" ? name + " " + ++calls : name, secret, context);
    };
  `,
  create: `
    import { handler as create } from "./handlers/create.ts";
    let calls = 0;
    export const handler = async ({ name, client_token, ...event }, context) => {
      const number = " " + ++calls;
      const token = client_token && { client_token: client_token + number };
      return await create({ ...event, name: name + number, ...token }, context);
    };
  `,
  "update-data": `
    import { handler as updateData } from "./handlers/update-data.ts";
    let calls = 0;
    export const handler = async ({ client_token, expected_version, ...event }, context) => {
      calls += 1;
      const token = client_token && { client_token: client_token + " " + calls };
      const expected = expected_version && { expected_version: expected_version + calls - 1 };
      return await updateData({ ...event, ...token, ...expected }, context);
    };
  `,
  "get-data": `export { handler } from "./handlers/get-data.ts";`,
} as const;

type Source = keyof typeof sources;

/** Starts the contestants, each in its own process. They end with `parts`. */
export async function startContests(
  parts: AsyncDisposableStack,
  folder: string,
  environment: Environment,
): Promise<readonly Contest[]> {
  const paths = new Map<Source, string>();
  for (const source of Object.keys(sources) as Source[]) {
    paths.set(source, (await buildSource(sources[source], join(folder, `${source}.cjs`))).path);
  }
  const start = (source: Source, settings: Record<string, string> = {}): Candidate => {
    const path = paths.get(source) ?? "";
    const candidate = new Candidate({ path, environment: { ...environment, ...settings }, log: join(folder, "log") });
    parts.defer(async () => await candidate.end());
    return candidate;
  };
  const theirs = (event: Message, requests: number): Contestant => {
    const whole = { secret: JSON.stringify(secretData), context: { domain_id: domainId }, ...event };
    return { name: "credstash", candidate: start("credstash"), event: whole, requests };
  };

  const fresh = { name: "new", data: secretData, secret_type: "CREDENTIALS", domain_id: domainId };
  const creator = start("create");
  const make = async (message: Message): Promise<Message> => {
    const { answer } = await creator.run({ event: { ...fresh, ...message }, calls: 1 });
    return { secret_id: String(Reflect.get(Object(answer), "secret_id")), domain_id: domainId };
  };
  const [read, written, marked] = [await make({ name: "a" }), await make({ name: "b" }), await make({ name: "c" })];
  const expecting = { ...(await make({ name: "d" })), expected_version: 1 };
  const trusted = await make({ name: "trusted" });
  const dependent = await make({ name: "dependent", trusted_secret_id: trusted["secret_id"] });
  const getter = theirs({ does: "get", name: "read" }, 2);
  await getter.candidate.run({ event: { ...Object(getter.event), does: "put" }, calls: 1 });

  const named = (name: string, candidate: Candidate, event: Message, requests: number) => ({
    ...{ name, candidate, event, requests },
  });
  const [data, client_token] = [secretData, "token"];
  return [
    {
      work: "put a new secret",
      contestants: [
        theirs({ does: "put new", name: "new" }, 3),
        named("ours", start("create"), { ...fresh, name: "other" }, 2),
        named("ours, with an idempotency token", start("create"), { ...fresh, name: "third", client_token }, 2),
      ],
    },
    {
      work: "put a next version",
      contestants: [
        theirs({ does: "put", name: "written" }, 3),
        named("ours", start("update-data"), { ...written, data }, 3),
        named("ours, with an idempotency token", start("update-data"), { ...marked, data, client_token }, 3),
        named("ours, with expected_version", start("update-data"), { ...expecting, data }, 2),
      ],
    },
    {
      work: "get the newest version",
      contestants: [
        getter,
        named("ours, key cache off", start("get-data", { DATA_KEY_CACHE_SECONDS: "0" }), read, 2),
        named("ours, key cached", start("get-data"), read, 1),
        named("ours, under a trusted secret, keys cached", start("get-data"), dependent, 2),
      ],
    },
  ];
}

/** Environment variables for the contestants. */
export type Environment = { readonly [name: string]: string };

/** Starts a database with both table layouts, and a KMS. They end with `parts`. */
export async function startServices(parts: AsyncDisposableStack): Promise<Environment> {
  const { database, environment, close } = await startParts();
  parts.defer(close);
  await createTables(database.client, [{ create: tableDefinition, expiresBy: undefined }]);
  return environment;
}
