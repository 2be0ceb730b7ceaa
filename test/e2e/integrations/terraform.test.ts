/**
 * The configuration of docs/integrations/terraform.md, parsed by HashiCorp's own parser. Requests are sent as the
 * provider magodo/restful sends them: `ephemeral_body` merged over `body`, with a token by client credentials.
 */

import { parse } from "@cdktf/hcl2json";
import { beforeAll, describe, expect, it } from "vitest";
import { mergePatch } from "../../../lib/base/json.ts";
import { httpClient, newDomain } from "../service.ts";
import { blocksOf } from "./page.ts";

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly ephemeral_body?: object;
  readonly delete_method?: string;
  readonly delete_path?: string;
  readonly delete_body?: object;
}

interface Configuration {
  readonly provider: { readonly restful: readonly [{ readonly base_url: string; readonly security: Security }] };
  readonly ephemeral: { readonly restful_resource: { readonly db: readonly [Operation] } };
  readonly resource: { readonly restful_operation: { readonly [name: string]: readonly [Operation] } };
}

interface Security {
  readonly oauth2: {
    readonly client_credentials: { readonly token_url: string; readonly scopes: readonly string[] };
  };
}

const domain_id = newDomain();
const values: Record<string, string> = { "var.deploy_key": "t0ken-1", "var.revision": "1" };
let configuration: Configuration;
let token: string;

beforeAll(async () => {
  const [text = ""] = blocksOf("terraform.md", "hcl");
  configuration = (await parse("main.tf", text)) as unknown as Configuration;
  const { token_url, scopes } = configuration.provider.restful[0].security.oauth2.client_credentials;
  const body = new URLSearchParams({ grant_type: "client_credentials", scope: scopes.join(" "), domain_id });
  const answer: { access_token?: string } = Object(await (await fetch(token_url, { method: "POST", body })).json());
  token = answer.access_token ?? "";
  await (await httpClient({ domain_id })).create({
    ...{ name: "db", secret_type: "CREDENTIALS", data: { user: "ada", password: "s3cr3t" } },
  });
});

/** Replaces references by their values. */
function evaluate(body: object = {}): object {
  const text = JSON.stringify(body).replaceAll(/\$\{([\w.]+)\}/g, (_, name: string) => values[name] ?? `no ${name}`);
  return JSON.parse(text) as object;
}

async function send(method: string, path: string, body: object): Promise<{ readonly [field: string]: unknown }> {
  const response = await fetch(`${configuration.provider.restful[0].base_url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = Object(await response.json());
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

async function apply({ method, path, body, ephemeral_body }: Operation) {
  return await send(method, path, mergePatch(evaluate(body) as never, evaluate(ephemeral_body) as never) as object);
}

function operation(name: string): Operation {
  const [found] = configuration.resource.restful_operation[name] ?? [];
  if (found === undefined) throw new Error(`The page has no operation ${name}.`);
  return found;
}

describe("the configuration", () => {
  it("reads a secret with an ephemeral resource", async () => {
    const output = await apply(configuration.ephemeral.restful_resource.db[0]);

    expect(output).toMatchObject({ data: { user: "ada", password: "s3cr3t" } });
  });

  it("creates, changes and deletes a secret without its data in the state", async () => {
    const made = await apply(operation("deploy_key"));
    values["restful_operation.deploy_key.output.secret_id"] = String(made["secret_id"]);
    const data = operation("deploy_key_data");
    await apply(data);
    Object.assign(values, { "var.deploy_key": "t0ken-2", "var.revision": "2" });
    await apply(data);
    await apply(data);
    const changed = await send("POST", "/get-data", { name: "deploy-key" });
    await send(data.delete_method ?? "", data.delete_path ?? "", evaluate(data.delete_body));

    expect(made).toMatchObject({ name: "deploy-key", tags: { owner: "terraform" } });
    expect(changed).toMatchObject({ data: { token: "t0ken-2" }, version: 3 });
    expect(JSON.stringify([operation("deploy_key").body, data.body])).not.toContain("var.deploy_key");
    await expect(send("POST", "/get", { name: "deploy-key" })).rejects.toThrow("ERROR_NOT_FOUND");
  });
});
