/** Checks of what the gateway must refuse. */

import type { SecretClient } from "../../../client/secret-client.ts";
import { type Check, ensure, expectCode } from "./check.ts";

const noSecret = "secret-000000000000";
const timeoutMs = 15_000;

/** @param reader a client whose token has only `secret:read`, if there is one */
export function doorChecks(url: string, reader: SecretClient | null): readonly Check[] {
  const base = url.endsWith("/") ? url : `${url}/`;
  const knock = async (headers: { readonly [name: string]: string }) => {
    const request = { method: "POST", headers, body: "{}", redirect: "manual" } as const;
    const target = new URL("secret/v1/secret/list", base);
    const { status } = await fetch(target, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    ensure(status === 401, `the answer has status ${status} instead of 401`);
  };
  return [
    { name: "no token", run: async () => await knock({}) },
    { name: "invalid token", run: async () => await knock({ authorization: "Bearer none" }) },
    ...(reader === null ? [] : readerChecks(reader)),
  ];
}

function readerChecks(reader: SecretClient): readonly Check[] {
  const refused = async (call: Promise<unknown>) => await expectCode(call, "ERROR_PERMISSION_DENIED");
  return [
    { name: "reader: list", run: async () => await reader.list({ query: { count_only: true } }) },
    { name: "reader: get-data refused", run: async () => await refused(reader.getData({ secret_id: noSecret })) },
    { name: "reader: delete refused", run: async () => await refused(reader.delete({ secret_id: noSecret })) },
  ];
}
