/** Stores with typical bugs, which the checker must find. */

import { setImmediate } from "node:timers/promises";
import type { StoredSecret } from "../../lib/secret/secret.ts";
import type { DataVersion, SecretStore } from "../../lib/store/secret-store.ts";
import { FakeKeyService } from "../fakes/key-service.ts";
import { FakeSecretStore } from "../fakes/secret-store.ts";
import { type Container, endpointsOn } from "./container.ts";
import { Random } from "./random.ts";

/** The operations of callers and operators. */
type Operations = SecretStore & Pick<FakeSecretStore, "undelete">;

/** Adds a bug to a store. `random` decides when it shows. */
export type Bug = (store: FakeSecretStore, random: Random) => Partial<Operations>;

const rarely = 0.2;
const done = { kind: "done" } as const;

export const bugs: { readonly [name: string]: Bug } = {
  "a lost update": (store) => ({
    // Overwrites what others have written since the row was read.
    changeSecret: async ({ before, after }, options) => {
      const current = (await store.findSecret(before.domain_id, before.secret_id)) ?? before;
      return await store.changeSecret({ before: { ...current, name: before.name }, after }, options);
    },
  }),
  "a stale read of a row": (store, random) => {
    const seen = new Map<string, StoredSecret | undefined>();
    return {
      findSecret: async (domainId, secretId, options) => {
        const found = await store.findSecret(domainId, secretId, options);
        const old = seen.get(secretId);
        seen.set(secretId, found);
        return old !== undefined && random.chance(rarely) ? old : found;
      },
    };
  },
  "a stale read of data": (store, random) => {
    const seen = new Map<string, DataVersion | undefined>();
    return {
      findData: async (domainId, secretId, version, options) => {
        const found = await store.findData(domainId, secretId, version, options);
        const old = seen.get(secretId);
        if (version === null) seen.set(secretId, found);
        return version === null && old !== undefined && random.chance(rarely) ? old : found;
      },
    };
  },
  "two secrets of one name": (store) => ({
    createSecret: async (write, options) => {
      const result = await store.createSecret(write, options);
      if (result.kind === "done" || result.refusal !== "name-taken") return result;
      const { secret } = write;
      await store.createSecret({ ...write, secret: { ...secret, name: secret.secret_id } }, options);
      store.load(secret);
      return done;
    },
  }),
  "a name that its secret's deletion leaves taken": (store, random) => ({
    deleteSecret: async (write, options) => {
      const result = await store.deleteSecret(write, options);
      if (result.kind === "done" && random.chance(rarely)) await leaveTaken(store, write.secret);
      return result;
    },
  }),
  "an acknowledged write that is not done": (store, random) => ({
    addData: async (write, options) => (random.chance(rarely) ? done : await store.addData(write, options)),
  }),
  "a write that is done twice": (store, random) => ({
    addData: async (write, options) => {
      const result = await store.addData(write, options);
      if (result.kind !== "done" || !random.chance(rarely)) return result;
      const before = await store.findSecret(write.after.domain_id, write.after.secret_id, options);
      if (before === undefined) return result;
      const version = (before.version ?? 0) + 1;
      await store.addData(
        { ...write, before, after: { ...before, version }, data: { ...write.data, version } },
        options,
      );
      return result;
    },
  }),
  "an idempotency token that does not count": (store) => ({
    findToken: async () => undefined,
    createSecret: async (write, options) => await store.createSecret({ ...write, token: null }, options),
    addData: async (write, options) => await store.addData({ ...write, token: null }, options),
  }),
  "an idempotency token under which other content passes for the first": (store) => ({
    findToken: async (domainId, token, options) => {
      const found = await store.findToken(domainId, token, options);
      return found && { ...found, contentDigest: token.contentDigest };
    },
  }),
  "a trusted secret that goes before its dependents": (store) => ({
    deleteSecret: async (write, options) => {
      const result = await store.deleteSecret(write, options);
      if (result.kind === "done" || result.refusal !== "has-dependents") return result;
      store.load({ ...write.secret, dependents: 0 });
      return await store.deleteSecret(write, options);
    },
  }),
  "a delete that keeps the version before the last": (store) => ({
    deleteSecret: async (write, options) => {
      const { domain_id, secret_id, version } = write.secret;
      const older = await store.findData(domain_id, secret_id, (version ?? 0) - 1);
      const result = await store.deleteSecret(write, options);
      const kept = store.findDeleted(domain_id, secret_id);
      if (result.kind === "done" && kept !== undefined && older !== undefined) {
        store.loadDeleted({ ...kept, secret: { ...kept.secret, version: older.version }, data: older });
      }
      return result;
    },
  }),
  "a permanent delete that keeps what it deletes": (store) => ({
    deleteSecret: async ({ secret, kept }, options) => {
      const nextYear = Math.floor(Date.now() / 1000) + 365 * 24 * 60 * 60;
      const always = kept ?? { deletedAt: new Date().toISOString(), expiresAt: nextYear };
      return await store.deleteSecret({ secret, kept: always }, options);
    },
  }),
  "an undelete that takes the name of a new secret": (store) => ({
    undelete: async (request) => {
      const result = await store.undelete(request);
      if (result.kind === "done" || result.refusal !== "name-taken") return result;
      const kept = store.findDeleted(request.domainId, request.secretId);
      const named = await store.undelete({ ...request, name: request.secretId });
      const back = await store.findSecret(request.domainId, request.secretId);
      if (named.kind === "refused" || back === undefined || kept === undefined) return named;
      const { name = kept.secret.name } = request;
      store.load({ ...back, name });
      return { kind: "done", secret: { ...named.secret, name } };
    },
  }),
  "an undelete that can be done twice": (store) => ({
    undelete: async (request) => {
      const kept = store.findDeleted(request.domainId, request.secretId);
      const result = await store.undelete(request);
      if (result.kind === "done" && kept !== undefined) store.loadDeleted(kept);
      return result;
    },
  }),
  "an undelete that its trusted secret does not count": (store) => ({
    undelete: async (request) => {
      const result = await store.undelete(request);
      const trustedId = result.kind === "done" ? result.secret.trusted_secret_id : null;
      const trusted = trustedId === null ? undefined : await store.findSecret(request.domainId, trustedId);
      if (trusted !== undefined) store.load({ ...trusted, dependents: trusted.dependents - 1 });
      return result;
    },
  }),
};

/** Reserves the name for a secret that does not exist. */
async function leaveTaken(store: FakeSecretStore, secret: StoredSecret): Promise<void> {
  const ghost = { ...secret, secret_id: "secret-000000000000", trusted_secret_id: null, revision: 0 };
  const renamed = { ...ghost, name: `${ghost.name}-gone` };
  store.load(ghost);
  store.load(renamed);
  await store.deleteSecret({ secret: renamed, kept: null });
}

/** Containers that share one store in memory, with a bug or without (`null`), and interleave at every step. */
export function containersWith(bug: Bug | null, seed: number, count: number): readonly Container[] {
  const random = new Random(seed);
  const store = new FakeSecretStore();
  const secrets = yielding({ ...methodsOf(store), ...bug?.(store, random.fork()) }, random.fork());
  const endpoints = endpointsOn({ secrets, rows: store, keys: new FakeKeyService() });
  return Array.from({ length: count }, () => ({
    endpoints,
    undelete: secrets.undelete,
    misbehave: () => undefined,
    settle: async () => undefined,
  }));
}

function methodsOf(store: FakeSecretStore): Operations {
  return {
    findSecret: async (...args) => await store.findSecret(...args),
    createSecret: async (...args) => await store.createSecret(...args),
    changeSecret: async (...args) => await store.changeSecret(...args),
    addData: async (...args) => await store.addData(...args),
    deleteSecret: async (...args) => await store.deleteSecret(...args),
    findData: async (...args) => await store.findData(...args),
    findIdByName: async (...args) => await store.findIdByName(...args),
    findToken: async (...args) => await store.findToken(...args),
    undelete: async (request) => await store.undelete(request),
  };
}

/** Lets others run before and after each call, for a random time. */
function yielding(store: Operations, random: Random): Operations {
  const pause = async () => {
    for (let turns = random.below(6); turns > 0; turns--) await setImmediate();
  };
  return new Proxy(store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        await pause();
        const result: unknown = await method(...args);
        await pause();
        return result;
      };
    },
  });
}
