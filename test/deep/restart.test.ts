/** A stack that is restarted in the same folder. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretClient } from "../../client/secret-client.ts";
import { type Stack, startStack } from "../../tools/local/stack.ts";
import { getToken } from "../support/stack.ts";

const secret = { name: "secret", data: { first: true }, secret_type: "CREDENTIALS" } as const;

async function connect({ description }: Stack): Promise<SecretClient> {
  const token = await getToken(description.issuer, {
    domain_id: "domain-1",
    scope: "secret:read secret:write secret:data",
  });
  return new SecretClient(httpTransport({ url: description.api, token }));
}

it("a restart keeps secrets, names, versions, tokens and keys", { timeout: 180_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "restart-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const first = await startStack({ port: 0, dir });
  const before = await connect(first);
  const request = { ...secret, tags: { env: "prod" }, client_token: "token-1" };
  const created = await before.create(request);
  const { secret_id } = created;
  await before.updateData({ secret_id, data: { second: true } });
  const info = await before.get({ secret_id });
  const data = await before.getData({ secret_id });
  await first.close();

  const second = await startStack({ port: 0, dir });
  onTestFinished(second.close);
  const after = await connect(second);

  expect(await after.list({})).toEqual({ results: [info], total_count: 1 });
  expect(await after.getData({ secret_id })).toEqual(data);
  expect(await after.getData({ secret_id, version: 1 })).toMatchObject({ data: secret.data, version: 1 });
  expect(await after.create(request)).toEqual(created);
  await expect(after.create(secret)).rejects.toMatchObject({ code: "ERROR_SAVE_UNIQUE_VALUES" });
});
