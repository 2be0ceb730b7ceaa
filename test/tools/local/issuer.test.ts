import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LocalIssuer, startIssuer } from "../../../tools/local/issuer.ts";
import { getToken } from "../../support/stack.ts";

let dir: string;
let issuer: LocalIssuer;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "issuer-"));
  issuer = await startIssuer({ dir });
});

afterEach(async () => {
  await issuer.close();
  rmSync(dir, { recursive: true });
});

describe("the issuer", () => {
  it("describes itself to OpenID Connect clients", async () => {
    const response = await fetch(`${issuer.url}/.well-known/openid-configuration`);

    expect(await response.json()).toMatchObject({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/jwks`,
      token_endpoint: `${issuer.url}/token`,
    });
  });

  it("turns the form's fields into claims", async () => {
    const fields = { domain_id: "domain-1", scope: "secret:read secret:data", projects: "p-1,p-2", client_id: "ada" };

    const claims = decodeJwt(await getToken(issuer.url, fields));

    const issuedAt = claims.iat ?? 0;
    expect(claims).toEqual({
      iss: issuer.url,
      aud: "secret",
      sub: "ada",
      domain_id: "domain-1",
      scope: "secret:read secret:data",
      projects: ["p-1", "p-2"],
      iat: issuedAt,
      nbf: issuedAt - 10,
      exp: issuedAt + 3600,
    });
  });

  it("leaves out claims for fields that are not sent", async () => {
    const claims = decodeJwt(await getToken(issuer.url, {}));

    expect(Object.keys(claims).sort()).toEqual(["aud", "exp", "iat", "iss", "nbf", "sub"]);
  });

  it("keeps an empty list of projects as a list", async () => {
    const claims = decodeJwt(await getToken(issuer.url, { projects: "" }));

    expect(claims["projects"]).toEqual([]);
  });

  it("accepts any further claims as JSON", async () => {
    const claims = {
      sub: "repo:octo/app",
      roles: ["reader"],
      "https://example.com/n": 1,
      act: { sub: "b" },
      projects: null,
    };

    const token = await getToken(issuer.url, {
      domain_id: "domain-1",
      projects: "p-1",
      claims: JSON.stringify(claims),
    });

    expect(decodeJwt(token)).toMatchObject({ ...claims, iss: issuer.url, aud: "secret", domain_id: "domain-1" });
  });

  it.each(["60", "-60"])("makes a token with the requested lifetime: %s s", async (expires_in) => {
    const { iat = 0, exp } = decodeJwt(await getToken(issuer.url, { expires_in }));

    expect(exp).toBe(iat + Number(expires_in));
  });

  it.each([{ expires_in: "soon" }, { claims: "{" }, { claims: "[]" }, { claims: '"text"' }])(
    "refuses %j",
    async (fields) => {
      const body = new URLSearchParams({ grant_type: "client_credentials", ...(fields as object) });

      const response = await fetch(`${issuer.url}/token`, { method: "POST", body });

      expect(response.status).toBe(400);
    },
  );

  it("signs with a key that survives a restart, in a file readable only by its owner", async () => {
    const token = await getToken(issuer.url, {});
    await issuer.close();
    issuer = await startIssuer({ dir });

    const verified = await jwtVerify(token, createRemoteJWKSet(new URL(`${issuer.url}/jwks`)));

    expect(verified.protectedHeader.alg).toBe("RS256");
    expect(statSync(join(dir, "issuer-key.json")).mode & 0o777).toBe(0o600);
  });
});
