/** The methods on fakes. Messages go through their parser; tests set the caller and the time. */

import type { IdentityService } from "../../lib/identity/identity.ts";
import { type Call, type ItemAnswer, ItemAnswers } from "../../lib/method/call.ts";
import { create } from "../../lib/method/create.ts";
import { deleteSecret } from "../../lib/method/delete.ts";
import { get } from "../../lib/method/get.ts";
import { type GetDataPorts, getData, type SecretDataInfo } from "../../lib/method/get-data.ts";
import { update } from "../../lib/method/update.ts";
import { updateData } from "../../lib/method/update-data.ts";
import {
  parseCreate,
  parseDelete,
  parseGet,
  parseGetData,
  parseUpdate,
  parseUpdateData,
} from "../../lib/request/messages.ts";
import { builtInProviders, type ProviderBySchema, type SecretInfo } from "../../lib/secret/secret.ts";
import type { BatchReads, SecretStore } from "../../lib/store/secret-store.ts";
import { FakeKeyService } from "../fakes/key-service.ts";
import { FakeSecretStore } from "../fakes/secret-store.ts";

type Message = { readonly [field: string]: unknown };

export class World {
  readonly store: FakeSecretStore = new FakeSecretStore();
  readonly keys: FakeKeyService = new FakeKeyService();
  /** The store that the methods use. A test may replace it by a faulty one. */
  secrets: SecretStore = this.store;
  identity: IdentityService | null = null;
  providers: ProviderBySchema = builtInProviders;
  versionsKept = 3;
  keptDays = 7;
  sealedOnly = false;
  now: Date = new Date("2026-01-02T03:04:05.678Z");
  /** The names that were noted for audit lines. */
  readonly noted: { readonly name: string; readonly secretId: string }[] = [];
  /** The caller's signal, if a test sets one. */
  signal: AbortSignal | undefined;
  /** The projects that the caller sees; `null`: all. */
  projects: readonly string[] | null = null;

  get call(): Call {
    const principal = { caller: "user-1", domainId: "domain-1", projects: this.projects };
    const noteName = (name: string, secretId: string) => this.noted.push({ name, secretId });
    return { principal, now: this.now, remainingMs: () => 5000, noteName, ...(this.signal && { signal: this.signal }) };
  }

  /** Creates a secret. Default: `name-1`, empty data, `domain-1`. */
  async create(message: Message = {}): Promise<SecretInfo> {
    const whole = { name: "name-1", data: {}, secret_type: "CREDENTIALS", domain_id: "domain-1", ...message };
    return await create(parseCreate(whole), this.call, this);
  }

  async update(message: Message): Promise<SecretInfo> {
    return await update(parseUpdate({ domain_id: "domain-1", ...message }), this.call, this);
  }

  async delete(secret_id: string, message: Message = {}): Promise<object> {
    return await deleteSecret(parseDelete({ secret_id, domain_id: "domain-1", ...message }), this.call, this);
  }

  async updateData(secret_id: string, data: object, message: Message = {}): Promise<object> {
    const whole = { secret_id, data, domain_id: "domain-1", ...message };
    return await updateData(parseUpdateData(whole), this.call, this);
  }

  async getData(secret_id: string, message: Message = {}): Promise<SecretDataInfo> {
    return await this.#getData({ secret_id, ...message });
  }

  async get(secret_id: string, message: Message = {}): Promise<object> {
    return await get(parseGet({ secret_id, domain_id: "domain-1", ...message }), this.call, this);
  }

  async getDataByName(name: string, message: Message = {}): Promise<SecretDataInfo> {
    return await this.#getData({ name, ...message });
  }

  async getByName(name: string, message: Message = {}): Promise<object> {
    return await get(parseGet({ name, domain_id: "domain-1", ...message }), this.call, this);
  }

  async getItems(items: readonly Message[], message: Message = {}): Promise<readonly ItemAnswer[]> {
    const answer = await getData(parseGetData({ items, domain_id: "domain-1", ...message }), this.call, this.#ports);
    if (answer instanceof ItemAnswers) return answer.answers;
    throw new TypeError("one answer to several items");
  }

  async #getData(message: Message): Promise<SecretDataInfo> {
    const answer = await getData(parseGetData({ domain_id: "domain-1", ...message }), this.call, this.#ports);
    if (answer instanceof ItemAnswers) throw new TypeError("several answers to one secret");
    return answer;
  }

  get #ports(): GetDataPorts {
    const { keys, sealedOnly } = this;
    const readAhead: BatchReads["readAhead"] = async (...args) => {
      await this.store.readAhead(...args);
      return this.secrets;
    };
    const secrets = new Proxy(this.secrets, {
      get: (target, name) => {
        const member: unknown = name === "readAhead" ? readAhead : Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    return { secrets: secrets as unknown as GetDataPorts["secrets"], keys, sealedOnly };
  }

  /** Moves the clock on. */
  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }
}

/** A store that always refuses the named write as `changed`. */
export function contended(
  store: SecretStore,
  write: "changeSecret" | "addData" | "deleteSecret" | "createSecret",
): SecretStore {
  const refuse = async () => ({ kind: "refused", refusal: "changed" }) as const;
  return new Proxy(store, {
    get: (target, name) => {
      if (name === write) return refuse;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
