/**
 * Tokens that are almost valid, signed by the issuer or by an attacker who imitates it. Forged, unsigned, expired and
 * foreign tokens: gateway.test.ts; scopes: access.test.ts.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EncryptJWT, importJWK, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { stack } from "./service.ts";

let issuerKey: JWK;

beforeAll(async () => {
  issuerKey = JSON.parse(readFileSync(join(stack.dir, "issuer-key.json"), "utf8"));
});

const now = Math.floor(Date.now() / 1000);

function claims(more: object = {}): JWTPayload {
  const iss = stack.issuer;
  return {
    iss,
    aud: "secret",
    sub: "ada",
    domain_id: "domain-1",
    scope: "secret:read",
    iat: now,
    exp: now + 600,
    ...more,
  };
}

/** Signs with the issuer's own key. */
async function sign(more: object = {}, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
  const protectedHeader = { alg: "RS256", kid: issuerKey.kid ?? "", ...header };
  const key = await importJWK({ ...issuerKey, alg: protectedHeader.alg }, protectedHeader.alg);
  return await new SignJWT(claims(more)).setProtectedHeader(protectedHeader).sign(key, { crit: { x: true } });
}

/** A token whose header differs from the signed one. */
async function relabel(header: object): Promise<string> {
  const [, payload, signature] = (await sign()).split(".");
  return `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}.${signature}`;
}

async function list(headers: Record<string, string>, path = "list"): Promise<number> {
  const url = `${stack.api}/secret/v1/secret/${path}`;
  const options = { method: "POST", body: "{}", headers: { "content-type": "application/json", ...headers } };
  return (await fetch(url, options)).status;
}

async function listAs(token: string): Promise<number> {
  return await list({ authorization: `Bearer ${token}` });
}

describe("a token is accepted if it", () => {
  it.each([
    ["is as the issuer makes it", async () => await sign()],
    ["is for several audiences, this one among them", async () => await sign({ aud: ["other", "secret"] })],
    ["has been valid for a while", async () => await sign({ nbf: now - 60 })],
  ])("%s", async (_, make) => {
    expect(await listAs(await make())).toBe(200);
  });
});

describe("a token is refused if it", () => {
  it.each([
    ["never expires", async () => await sign({ exp: undefined })],
    ["is not valid yet", async () => await sign({ nbf: now + 600 })],
    ["names the issuer with a slash at its end", async () => await sign({ iss: `${stack.issuer}/` })],
    ["names no issuer", async () => await sign({ iss: undefined })],
    ["names no audience", async () => await sign({ aud: undefined })],
    ["names an audience that contains this one", async () => await sign({ aud: "secret-other" })],
    ["names a key that does not exist", async () => await sign({}, { kid: "../../dev/null" })],
    ["requires an unknown extension (crit)", async () => await sign({}, { crit: ["x"], x: true })],
    ["has its alg changed to none", async () => await relabel({ alg: "none" })],
    ["has its alg changed to nOnE", async () => await relabel({ alg: "nOnE", kid: issuerKey.kid })],
    ["has its alg changed to HS256", async () => await relabel({ alg: "HS256", kid: issuerKey.kid })],
    ["has no signature", async () => (await sign()).replace(/[^.]+$/, "")],
    ["has half a signature", async () => (await sign()).slice(0, -40)],
    ["is two tokens", async () => `${await sign()},${await sign({ scope: "secret:system" })}`],
    [
      "is encrypted instead of signed",
      async () => {
        return await new EncryptJWT(claims())
          .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
          .encrypt(new Uint8Array(32));
      },
    ],
  ])("%s", async (_, make) => {
    expect(await listAs(await make())).toBe(401);
  });

  it("is anywhere but in the authorization header", async () => {
    const token = await sign();

    const statuses = [
      await list({}, `list?access_token=${token}`),
      await list({ cookie: `authorization=Bearer ${token}; access_token=${token}` }),
      await list({ "x-authorization": `Bearer ${token}` }),
      await list({ "proxy-authorization": `Bearer ${token}` }),
      await list({ authorization: `Basic ${Buffer.from(`token:${token}`).toString("base64")}` }),
    ];

    expect(statuses).toEqual(statuses.map(() => 401));
  });
});
