/** The local gateway lets in the same callers, and passes on requests in the same form, as API Gateway. */

import { createPublicKey, type JsonWebKey } from "node:crypto";
import {
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { toGatewayClaims } from "../../tools/local/authenticator.ts";
import { getToken } from "../support/stack.ts";
import { newDomain, stack } from "./service.ts";

let kid: string;

beforeAll(async () => {
  kid = decodeProtectedHeader(await getToken(stack.issuer, {})).kid ?? "";
});

type Headers = { readonly [name: string]: string };

/** Requests a secret that does not exist: callers who pass the gateway get ERROR_NOT_FOUND. */
async function getSecret(
  headers: Headers,
  body: string | Uint8Array<ArrayBuffer> = '{"secret_id":"secret-000000000000"}',
): Promise<Response> {
  return await fetch(`${stack.api}/secret/v1/secret/get`, { method: "POST", headers, body });
}

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

const reader = { domain_id: "domain-1", scope: "secret:read" };

/** The claims of a valid token, to be signed with another key. */
function claims(): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return { ...reader, iss: stack.issuer, aud: "secret", sub: "mallory", iat: now, exp: now + 600 };
}

async function signForged(payload: JWTPayload): Promise<string> {
  const { privateKey } = await generateKeyPair("RS256");
  return await new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
}

/** Uses the issuer's public key as a shared secret. */
async function signWithPublicKey(payload: JWTPayload): Promise<string> {
  const jwks = (await (await fetch(`${stack.issuer}/jwks`)).json()) as { readonly keys: [JWK] };
  const publicKey = createPublicKey({ key: jwks.keys[0] as JsonWebKey, format: "jwk" });
  const secret = Buffer.from(publicKey.export({ format: "pem", type: "spki" }));
  return await new SignJWT(payload).setProtectedHeader({ alg: "HS256", kid }).sign(secret);
}

/** Contains its own key. */
async function signWithOwnKey(payload: JWTPayload): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = await exportJWK(publicKey);
  return await new SignJWT(payload).setProtectedHeader({ alg: "RS256", jwk }).sign(privateKey);
}

describe("the gateway accepts", () => {
  it.each(["secret:read", "secret:write secret:read", "secret:system"])("the scope %s", async (scope) => {
    const response = await getSecret(
      bearer(await getToken(stack.issuer, { ...reader, scope })),
      '{"domain_id":"domain-1","secret_id":"secret-000000000000"}',
    );

    expect(response.status).toBe(404);
  });
});

describe("the gateway refuses", () => {
  it.each([
    ["no token", async () => ({})],
    ["an invalid token", async () => bearer("x.y.z")],
    ["a forged token", async () => bearer(await signForged(claims()))],
    ["a token signed with a key that it carries", async () => bearer(await signWithOwnKey(claims()))],
    ["a token signed with the public key as a secret", async () => bearer(await signWithPublicKey(claims()))],
    ["an unsigned token", async () => bearer(new UnsecuredJWT(claims()).encode())],
    [
      "a changed token",
      async () =>
        bearer((await getToken(stack.issuer, reader)).replace(/\.[^.]+\./, `.${btoa(JSON.stringify(claims()))}.`)),
    ],
    ["an expired token", async () => bearer(await getToken(stack.issuer, { ...reader, expires_in: "-1" }))],
    ["a token for another audience", async () => bearer(await getToken(stack.issuer, { ...reader, aud: "other" }))],
    ["a token of another issuer", async () => bearer(await signForged({ ...claims(), iss: "http://127.0.0.1:1" }))],
  ] satisfies [string, () => Promise<Headers>][])("%s with 401", async (_, headers) => {
    const response = await getSecret(await headers());

    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: "Unauthorized" });
  });

  it.each(["", "secret:write secret:data", "secret:reader", "read"])("the scopes '%s' with 403", async (scope) => {
    const response = await getSecret(bearer(await getToken(stack.issuer, { ...reader, scope })));

    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ message: "Forbidden" });
  });

  it("a request that tries to replace the verified claims with 403", async () => {
    const override = JSON.stringify({ jwt: { claims: { ...claims(), scope: "secret:system" } } });
    const headers = { ...bearer(await getToken(stack.issuer, reader)), "sls-offline-authorizer-override": override };

    const response = await getSecret(headers);

    expect(response.status).toBe(403);
  });
});

describe("the gateway passes on", () => {
  it("a list of projects in its own form", async () => {
    const headers = bearer(
      await getToken(stack.issuer, { domain_id: newDomain(), scope: "secret:write", projects: "p-1,p-2" }),
    );
    const create = async (project_id: string) => {
      const body = JSON.stringify({ name: project_id, secret_type: "CREDENTIALS", data: {}, project_id });
      return (await fetch(`${stack.api}/secret/v1/secret/create`, { method: "POST", headers, body })).status;
    };

    expect([await create("p-1"), await create("p-2"), await create("p-3")]).toEqual([200, 200, 403]);
  });

  it.each([
    { what: "text unchanged", claim: "a b", expected: "a b" },
    { what: "empty text", claim: "", expected: "" },
    { what: "a number as text", claim: 1893456000, expected: "1893456000" },
    { what: "a boolean as text", claim: false, expected: "false" },
    { what: "a list in brackets", claim: ["a", "b c"], expected: "[a b c]" },
    { what: "an empty list", claim: [], expected: "[]" },
    { what: "an object as a map", claim: { b: ["x"], a: 1 }, expected: "map[a:1 b:[x]]" },
  ])("$what", ({ claim, expected }) => {
    expect(toGatewayClaims({ claim })).toEqual({ claim: expected });
  });

  it("nothing for a claim that is null", async () => {
    const claims = JSON.stringify({ projects: null });
    const headers = bearer(await getToken(stack.issuer, { domain_id: newDomain(), scope: "secret:write", claims }));
    const body = JSON.stringify({ name: "n", secret_type: "CREDENTIALS", data: {}, project_id: "p-1" });

    const response = await fetch(`${stack.api}/secret/v1/secret/create`, { method: "POST", headers, body });

    expect(toGatewayClaims({ sub: "a", projects: null })).toEqual({ sub: "a" });
    expect(response.status).toBe(200);
  });

  it("scopes of scp, and those of scope only without scp", async () => {
    const status = async (claims: object) =>
      (await getSecret(bearer(await getToken(stack.issuer, { domain_id: "domain-1", claims: JSON.stringify(claims) }))))
        .status;

    expect(await status({ scp: ["secret:read"], scope: "secret:write" })).toBe(404);
    expect(await status({ scp: "secret:write", scope: "secret:read" })).toBe(403);
    expect(await status({ scp: null, scope: "secret:read" })).toBe(404);
  });

  it("another request id each time", async () => {
    const headers = bearer(await getToken(stack.issuer, reader));

    const responses = [await getSecret(headers), await getSecret(headers)];

    expect(new Set(responses.map((response) => response.headers.get("x-request-id"))).size).toBe(2);
  });

  it("bytes that are not UTF-8 unchanged", async () => {
    const headers = bearer(await getToken(stack.issuer, reader));
    const body = new Uint8Array([...Buffer.from('{"secret_id":"'), 0xff, ...Buffer.from('"}')]);

    const response = await getSecret(headers, body);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: { code: "ERROR_INVALID_PARAMETER" } });
  });

  it("a JSON body unparsed", async () => {
    const headers = bearer(await getToken(stack.issuer, reader));

    const response = await getSecret(headers, JSON.stringify('{"secret_id":"secret-000000000000"}'));

    expect(response.status).toBe(400);
  });
});
