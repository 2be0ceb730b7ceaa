/** The cases to count: each method, in every situation that makes other requests than the common one. */

import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Route } from "../../../lib/http/routes.ts";
import { toSecretItem } from "../../../lib/store/items.ts";
import { sampleSecret, secretData } from "../sample.ts";
import type { Containers, Message, Outcome, World } from "./world.ts";

interface CaseOptions {
  /** Calls through the gateway with a token for this project. Absent: calls directly. */
  readonly project?: string;
  /** Environment variables of the functions. */
  readonly settings?: { readonly [variable: string]: string };
  readonly usesIdentity?: boolean;
}

export interface Case extends CaseOptions {
  readonly route: Route;
  /** Prepares the domain, and returns the message of the call to count. */
  readonly prepare: (stage: Stage) => Message | Promise<Message>;
}

const token = { client_token: "token-1" };
const inProject = { project_id: "project-1" };
const page = { query: { page: { limit: 20 } } };
const counted = { query: { count_only: true } };
const statistics = { query: { distinct: "provider" } };
/** The default of DATA_VERSIONS_KEPT. */
const versionsKept = 5;

export const cases: { readonly [name: string]: Case } = {
  create: on("create", (stage) => stage.newSecret()),
  "create, in a project": on("create", (stage) => stage.newSecret(inProject)),
  "create, under a trusted secret": on("create", async (stage) => stage.newSecret(await stage.dependentFields())),
  "create, with a token": on("create", (stage) => stage.newSecret(token)),
  "create, again with the token": on("create", async (stage) => {
    await stage.create(token);
    return stage.newSecret(token);
  }),
  "create, name taken": on("create", async (stage) => {
    await stage.create();
    return stage.newSecret();
  }),
  "create, for a service account": on("create", (stage) => stage.newSecret({ service_account_id: "sa-1" }), {
    usesIdentity: true,
  }),

  update: on("update", async (stage) => ({ ...(await stage.create()), tags: { environment: "staging" } })),
  "update, nothing": on("update", async (stage) => await stage.create()),
  "update, rename": on("update", async (stage) => ({ ...(await stage.create()), name: "another" })),
  "update, move to a project": on("update", async (stage) => ({ ...(await stage.create()), ...inProject }), {
    usesIdentity: true,
  }),

  delete: on("delete", async (stage) => await stage.create()),
  "delete, all versions kept": on("delete", async (stage) => await stage.createWithVersions(versionsKept)),
  "delete, under a trusted secret": on("delete", async (stage) => await stage.createDependent()),
  "delete, permanently": on("delete", async (stage) => ({ ...(await stage.create()), permanently: true })),
  "delete, unknown": on("delete", unknownSecret),

  "update-data": on("update-data", async (stage) => newData(await stage.create())),
  "update-data, a version leaves": on("update-data", async (stage) =>
    newData(await stage.createWithVersions(versionsKept)),
  ),
  "update-data, with a token": on("update-data", async (stage) => newData(await stage.create(), token)),
  "update-data, again with the token": on(
    "update-data",
    async (stage) => await stage.updatedData(newData(await stage.create(), token)),
  ),
  "update-data, expected version gone": on("update-data", async (stage) =>
    newData(await stage.create(), { expected_version: 7 }),
  ),

  "get-data": on("get-data", async (stage) => await stage.create()),
  "get-data, key cached": on("get-data", async (stage) => await stage.read(await stage.create())),
  "get-data, cache off": on("get-data", async (stage) => await stage.read(await stage.create()), {
    settings: { DATA_KEY_CACHE_SECONDS: "0" },
  }),
  "get-data, a version": on("get-data", async (stage) => ({ ...(await stage.createWithVersions(2)), version: 1 })),
  "get-data, unless_etag hit": on("get-data", async (stage) => await stage.poll(await stage.create())),
  "get-data, sealed": on("get-data", async (stage) => ({ ...(await stage.create()), sealed: true })),
  "get-data, under a trusted secret": on("get-data", async (stage) => await stage.createDependent()),
  "get-data, under a trusted secret, keys cached": on(
    "get-data",
    async (stage) => await stage.read(await stage.createDependent()),
  ),
  "get-data, under a trusted secret, unless_etag hit": on(
    "get-data",
    async (stage) => await stage.poll(await stage.createDependent()),
  ),
  "get-data, caller of the project": on("get-data", async (stage) => await stage.create(inProject), {
    project: "project-1",
  }),
  "get-data, caller of another project": on("get-data", async (stage) => await stage.create(inProject), {
    project: "project-2",
  }),
  "get-data, fifty at once": on("get-data", async (stage) => await stage.createFifty()),
  "get-data, fifty at once, keys cached": on("get-data", async (stage) => await stage.read(await stage.createFifty())),
  "get-data, unknown": on("get-data", unknownSecret),

  get: on("get", async (stage) => await stage.create()),
  "get, caller of the project": on("get", async (stage) => await stage.create(inProject), {
    project: "project-1",
  }),
  "get, unknown": on("get", unknownSecret),

  list: on("list", async (stage) => await stage.fill("small")),
  "list, a page": on("list", async (stage) => ({ ...(await stage.fill("small")), ...page })),
  "list, count_only": on("list", async (stage) => ({ ...(await stage.fill("small")), ...counted })),
  "list, by id": on("list", async (stage) => await stage.create()),
  "list, by name": on("list", async (stage) => ({ domain_id: (await stage.create()).domain_id, name: "collector" })),
  "list, by project": on("list", async (stage) => ({
    ...inProject,
    domain_id: (await stage.create(inProject)).domain_id,
  })),
  "list, a page of 2 MB": on("list", async (stage) => ({ ...(await stage.fill("large")), ...page })),
  "list, count_only of 2 MB": on("list", async (stage) => ({ ...(await stage.fill("large")), ...counted })),

  stat: on("stat", async (stage) => ({ ...(await stage.fill("small")), ...statistics })),
  "stat, of 2 MB": on("stat", async (stage) => ({ ...(await stage.fill("large")), ...statistics })),
};

function on(route: Route, prepare: Case["prepare"], options: CaseOptions = {}): Case {
  return { route, prepare, ...options };
}

function newData(id: Id, fields: Message = {}): Message {
  return { ...id, data: secretData, ...fields };
}

function unknownSecret({ domainId }: Stage): Message {
  return { domain_id: domainId, secret_id: "secret-ffffffffffff" };
}

/** The state before the call to count: a new domain, and what a case puts into it. */

/** How messages name a secret. */
export type Id = { readonly secret_id: string; readonly domain_id: string };

/** DynamoDB's limit on the rows of a `BatchWriteItem`. */
const maxPuts = 25;

/** So large that a page of 1 MB holds less than a hundred rows. */
const largeTags: Message = Object.fromEntries(
  Array.from({ length: 11 }, (_, index) => [`label ${index}`, "x".repeat(1000)]),
);

export class Stage {
  readonly domainId: string;
  readonly #containers: Containers;
  readonly #world: World;

  constructor(domainId: string, containers: Containers, world: World) {
    this.domainId = domainId;
    this.#containers = containers;
    this.#world = world;
  }

  /** The message that creates a secret. */
  newSecret(fields: Message = {}): Message {
    const { tags, schema } = sampleSecret();
    const given = { name: "collector", data: secretData, secret_type: "CREDENTIALS", tags, schema };
    return { ...given, domain_id: this.domainId, ...fields };
  }

  async create(fields: Message = {}): Promise<Id> {
    const answer = await this.#call("create", this.newSecret(fields));
    return { secret_id: String(answer["secret_id"]), domain_id: this.domainId };
  }

  /** Creates a secret that trusts another. */
  async createDependent(): Promise<Id> {
    return await this.create(await this.dependentFields());
  }

  /** Creates fifty secrets, and returns the message that reads them. */
  async createFifty(): Promise<Message> {
    const items: Message[] = [];
    for (let made = 0; made < 50; made += 1) {
      items.push({ secret_id: (await this.create({ name: `collector ${made}` })).secret_id });
    }
    return { items, domain_id: this.domainId };
  }

  async dependentFields(): Promise<Message> {
    return { name: "dependent", trusted_secret_id: (await this.create({ name: "trusted" })).secret_id };
  }

  async createWithVersions(count: number): Promise<Id> {
    const id = await this.create();
    for (let version = 2; version <= count; version += 1) {
      await this.#call("update-data", { ...id, data: secretData });
    }
    return id;
  }

  /** Sends an `update-data`, and returns its message, for a repeat. */
  async updatedData(message: Message): Promise<Message> {
    await this.#call("update-data", message);
    return message;
  }

  /** Reads the data, so that its keys are cached. */
  async read<Asked extends Message>(message: Asked): Promise<Asked> {
    await this.#call("get-data", message);
    return message;
  }

  /** The message of a polling caller that has the current data. */
  async poll(id: Id): Promise<Message> {
    const { etag } = await this.#call("get-data", id);
    return { ...id, unless_etag: etag };
  }

  /** Loads secrets without data: 20 of 0.5 KB, or 200 of 11 KB. */
  async fill(size: "small" | "large"): Promise<Message> {
    const secrets = Array.from({ length: size === "small" ? 20 : 200 }, (_, index) => {
      const secret = { ...sampleSecret(index), domain_id: this.domainId };
      return size === "small" ? secret : { ...secret, tags: { ...secret.tags, ...largeTags } as typeof secret.tags };
    });
    const { client, table } = this.#world.secrets;
    for (let start = 0; start < secrets.length; start += maxPuts) {
      const puts = secrets
        .slice(start, start + maxPuts)
        .map((secret) => ({ PutRequest: { Item: toSecretItem(secret) } }));
      await client.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
    }
    return { domain_id: this.domainId };
  }

  async #call(route: Route, message: Message): Promise<Message> {
    const { answer } = await this.#containers.call(route, message);
    if (typeof answer === "string") throw new Error(`${route} failed: ${answer}`);
    return answer;
  }
}

let domains = 0;

/** Runs a case in fresh containers and a new domain, and returns the outcome of the counted call. */
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
