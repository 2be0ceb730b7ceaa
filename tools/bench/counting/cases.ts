/** Every method in every case that makes other requests than the common one. What they are is told by the tests. */

import type { Route } from "../../../lib/http/routes.ts";
import { secretData } from "../sample.ts";
import type { Id, Stage } from "./stage.ts";
import type { Message } from "./world.ts";

interface CaseOptions {
  /** Comes through the gateway with a token of this project; directly where absent. */
  readonly project?: string;
  /** Variables of the functions' environment. */
  readonly settings?: { readonly [variable: string]: string };
  readonly usesIdentity?: boolean;
}

export interface Case extends CaseOptions {
  readonly route: Route;
  /** Gives the message of the call that counts. */
  readonly prepare: (stage: Stage) => Message | Promise<Message>;
}

const token = { client_token: "token-1" };
const inProject = { project_id: "project-1" };
const page = { query: { page: { limit: 20 } } };
const counted = { query: { count_only: true } };
const statistics = { query: { distinct: "provider" } };
/** DATA_VERSIONS_KEPT where nothing is set. */
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
