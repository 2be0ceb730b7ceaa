/** The manifests of docs/integrations/external-secrets.md, run by a model of the operator's webhook provider. */

import { beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { httpClient, newDomain } from "../service.ts";
import { blocksOf } from "./page.ts";
import { type Cluster, execute, getSecret, getSecretMap, NoSecretError, type Webhook } from "./webhook-provider.ts";

interface Manifest {
  readonly spec: {
    readonly provider: { readonly webhook: Webhook };
    readonly target: { readonly deletionPolicy: string };
    readonly dataFrom: readonly { readonly extract: { readonly key: string } }[];
    readonly data: readonly {
      readonly secretKey: string;
      readonly remoteRef: { readonly key: string; readonly property: string };
    }[];
  };
}

const read = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as Manifest);
const [tokenPage = "", storePage = ""] = blocksOf("external-secrets.md", "yaml");
const generator = read(tokenPage)[0]?.spec as unknown as Webhook;
const [store, synced] = read(storePage).map(({ spec }) => spec);
const webhook = store?.provider.webhook as Webhook;

const domain_id = newDomain();
const cluster: Cluster = new Map([["secret-client", { id: "eso & co", secret: "s3cr=t" }]]);

beforeAll(async () => {
  const client = await httpClient({ domain_id });
  const data = { user: "ada", password: "s3cr3t", "a.b": "dotted", ratio: 1.5, list: ["x", "y"], empty: null };
  await client.create({ name: "db", secret_type: "CREDENTIALS", data });
  await client.create({ name: 'quoted", "version": "1', secret_type: "CREDENTIALS", data: { of: "quoted" } });
  // The local issuer also requires these.
  const body = `${generator.body}&domain_id=${domain_id}`;
  cluster.set("secret-token", await getSecretMap({ ...generator, body }, { key: "" }, cluster));
});

describe("the manifests", () => {
  it("make a Kubernetes secret of all members or of one", async () => {
    const [from] = synced?.dataFrom ?? [];
    const [one] = synced?.data ?? [];
    if (from === undefined || one === undefined) throw new Error("The page has no such entries.");

    const all = await getSecretMap(webhook, from.extract, cluster);
    const password = await getSecret(webhook, one.remoteRef, cluster);

    expect({ ...all, [one.secretKey]: password }).toEqual({
      ...{ user: "ada", password: "s3cr3t", "a.b": "dotted", ratio: "1.5", list: '["x","y"]', empty: "" },
      DB_PASSWORD: "s3cr3t",
    });
    expect(synced?.target.deletionPolicy).toBe("Retain");
  });

  it("reach a member that has a dot", async () => {
    expect(await getSecret(webhook, { key: "db", property: "a.b" }, cluster)).toBe("dotted");
  });

  it("handle a name with quotes", async () => {
    expect(await getSecretMap(webhook, { key: 'quoted", "version": "1' }, cluster)).toEqual({ of: "quoted" });
  });
});

describe("what the page warns of", () => {
  it("happens with a body without escapes: a key adds fields to the request", () => {
    const body = execute('{"name": "{{ .remoteRef.key }}"}', { remoteRef: { key: 'db", "version": "1' } });

    expect(JSON.parse(body)).toEqual({ name: "db", version: "1" });
  });

  it("happens with numbers and lists in entries of data", async () => {
    expect(await getSecret(webhook, { key: "db", property: "ratio" }, cluster)).toBe("2");
    expect(await getSecret(webhook, { key: "db", property: "list" }, cluster)).toBe("x");
  });

  it("happens with a deletionPolicy: a 404 also means a secret that may not be seen", async () => {
    await expect(getSecret(webhook, { key: "no-such-secret" }, cluster)).rejects.toBeInstanceOf(NoSecretError);
  });
});
