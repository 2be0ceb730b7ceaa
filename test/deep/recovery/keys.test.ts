/**
 * A deployment's KMS key is disabled, enabled again, and rotated. What still works meanwhile also works on AWS, because
 * the tables are not encrypted with this key: test/tools/deploy/template.test.ts checks that.
 */

import { DisableKeyCommand, EnableKeyCommand, KMSClient, RotateKeyOnDemandCommand } from "@aws-sdk/client-kms";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Route } from "../../../lib/http/routes.ts";
import { type Functions, startFunctions } from "../../support/functions.ts";

const domain_id = "domain-1";
const credentials = { accessKeyId: "local", secretAccessKey: "local" };

let functions: Functions;
let kms: KMSClient;
let key: { readonly KeyId: string };
let secret_id: unknown;
let secrets = 0;
/** Containers with and without data keys in memory. */
let cached: Functions["call"];
let uncached: Functions["call"];

beforeAll(async () => {
  functions = await startFunctions();
  kms = new KMSClient({ endpoint: functions.kms.url, region: "us-east-1", credentials });
  key = { KeyId: functions.kms.keyId };
  uncached = await functions.newContainer({ DATA_KEY_CACHE_SECONDS: "0", IDENTITY_URL: "" });
});
afterAll(async () => await functions.close());
beforeEach(async () => {
  cached = await functions.newContainer({ DATA_KEY_CACHE_SECONDS: "300", IDENTITY_URL: "" });
  secret_id = (await functions.do("create", newSecret()))["secret_id"];
});
afterEach(async () => await kms.send(new EnableKeyCommand(key)));

function newSecret() {
  secrets += 1;
  return { domain_id, name: `name-${secrets}`, data: { n: 1 }, secret_type: "CREDENTIALS" };
}

const getData = async (call: Functions["call"]) => await call("get-data", { domain_id, secret_id });
const opened = { kind: "answer", status: 200, body: { data: { n: 1 } } };
const unavailable = { kind: "answer", status: 503, body: { detail: { code: "ERROR_UNAVAILABLE" } } };

describe("a disabled key", () => {
  it("makes data unreadable until it is enabled again, except with a cached data key", async () => {
    await getData(cached);
    await kms.send(new DisableKeyCommand(key));

    expect(await getData(uncached)).toMatchObject(unavailable);
    expect(await getData(cached)).toMatchObject(opened);

    await kms.send(new EnableKeyCommand(key));

    expect(await getData(uncached)).toMatchObject(opened);
    expect(await getData(cached)).toMatchObject(opened);
  });

  it("is not cached: a container reads again as soon as the key is enabled", async () => {
    await kms.send(new DisableKeyCommand(key));
    const met = await getData(cached);
    await kms.send(new EnableKeyCommand(key));

    expect(met).toMatchObject(unavailable);
    expect(await getData(cached)).toMatchObject(opened);
  });

  it("leaves no write half done", async () => {
    await kms.send(new DisableKeyCommand(key));
    const message = newSecret();

    expect(await cached("create", message)).toMatchObject(unavailable);
    expect(await cached("update-data", { domain_id, secret_id, data: { n: 2 } })).toMatchObject(unavailable);

    await kms.send(new EnableKeyCommand(key));
    expect(await getData(cached)).toMatchObject({ body: { version: 1 } });
    expect(await cached("create", message)).toMatchObject({ status: 200 });
  });

  it.each([
    ["get", {}],
    ["update", { tags: { n: 2 } }],
    ["list", { query: { page: { limit: 1 } } }],
    ["get-data", { sealed: true }],
    ["delete", {}],
  ] as const satisfies readonly (readonly [Route, object])[])("does not affect %s %o", async (route, fields) => {
    await kms.send(new DisableKeyCommand(key));

    const message = { domain_id, ...(route === "list" ? {} : { secret_id }), ...fields };

    expect(await uncached(route, message)).toMatchObject({ status: 200 });
  });
});

describe("a rotated key", () => {
  it("opens data keys from before and after the rotation", async () => {
    await kms.send(new RotateKeyOnDemandCommand(key));
    const { secret_id: newer } = await functions.do("create", newSecret());

    expect(await getData(uncached)).toMatchObject(opened);
    expect(await uncached("get-data", { domain_id, secret_id: newer })).toMatchObject(opened);
  });
});
