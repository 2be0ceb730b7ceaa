/** What is there before the call that counts: a domain of its own, and what a case puts into it. */

import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Route } from "../../../lib/http/routes.ts";
import { toSecretItem } from "../../../lib/store/items.ts";
import { sampleSecret, secretData } from "../sample.ts";
import type { Containers, Message, World } from "./world.ts";

/** A secret as messages name it. */
export type Id = { readonly secret_id: string; readonly domain_id: string };

/** DynamoDB's limit of a batch. */
const maxPuts = 25;

/** A page of 1 MB holds less than a hundred of such rows. */
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

  /** A secret under a trusted one. */
  async createDependent(): Promise<Id> {
    return await this.create(await this.dependentFields());
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

  /** The message of an `update-data` that was done once already. */
  async updatedData(message: Message): Promise<Message> {
    await this.#call("update-data", message);
    return message;
  }

  /** Reads the data, so that its keys are in memory. */
  async read(id: Id): Promise<Id> {
    await this.#call("get-data", id);
    return id;
  }

  /** The message of a caller that polls, and has the current data. */
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
