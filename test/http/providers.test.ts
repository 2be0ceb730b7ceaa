/** Tokens of identity providers, in the gateway's form: which methods the handlers allow, in which domain. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import { parseGrants } from "../../tools/deploy/grants-file.ts";
import { toGatewayClaims } from "../../tools/local/authenticator.ts";
import { type Service, startService } from "../attack/service.ts";
import { httpEvent } from "./events.ts";
import { type Claims, messageFor, type Provider, providerGrants, providers } from "./providers.ts";

/** Handlers read their deployment's parameters once, when they are loaded. */
const deployments = Object.entries(Object.groupBy(providers, ({ variables = {} }) => JSON.stringify(variables)));

describe.each(deployments)("a deployment with %s", (parameters, itsProviders = []) => {
  let service: Service;

  beforeAll(async () => {
    vi.resetModules();
    const variables = { SCOPE_CLAIM: "", TRUST_CLAIMS: "true", ...Object(JSON.parse(parameters)) };
    service = await startService({ ...variables, GRANTS: JSON.stringify(providerGrants) });
  });
  afterAll(async () => await service.close());

  let made = 0;

  /** Creates a secret by direct invocation, as a system caller. */
  async function makeSecret(domain_id: string) {
    const message = { name: `secret-${made++}`, secret_type: "CREDENTIALS", data: { user: "ada" }, domain_id };
    const { body } = await service.deliver("create", message);
    return body as { readonly secret_id: string; readonly name: string };
  }

  async function call({ claims }: Pick<Provider, "claims">, route: Route, message: object) {
    return await service.deliver(route, httpEvent({ claims: toGatewayClaims(claims), body: message }));
  }

  async function statusesIn(domain: string, provider: Provider, more: object = {}) {
    const statuses: [Route, number][] = [];
    for (const route of routeNames) {
      const message = { ...messageFor(route, await makeSecret(domain)), ...more };
      statuses.push([route, (await call(provider, route, message)).status]);
    }
    return Object.fromEntries(statuses);
  }

  describe.each(itsProviders)("a token of $name", (provider) => {
    it("may do what its scopes allow in its domain, and nothing else", async () => {
      const expected = routeNames.map((route) => [route, provider.routes.includes(route) ? 200 : 403]);

      expect(await statusesIn("domain-1", provider)).toEqual(Object.fromEntries(expected));
    });

    it("may do nothing in another domain", async () => {
      const expected = routeNames.map((route) => [route, 403]);

      const statuses = await statusesIn("domain-2", provider, { domain_id: "domain-2" });

      expect(statuses).toEqual(Object.fromEntries(expected));
    });

    it("finds no secret of another domain by its id", async () => {
      const other = await makeSecret("domain-2");

      for (const route of provider.routes.filter((name) => !["create", "list", "stat"].includes(name))) {
        expect((await call(provider, route, messageFor(route, other))).status).toBe(404);
      }
    });
  });

  const granted = itsProviders.flatMap((provider) => (provider.grant === undefined ? [] : [provider]));

  describe.each(granted)("a token like that of $name", ({ claims, grant, routes: [route = "get"] }) => {
    async function statusWith(changes: Claims, domain?: string): Promise<number> {
      const message = { ...messageFor(route, await makeSecret("domain-1")), ...(domain && { domain_id: domain }) };
      return (await call({ claims: { ...claims, ...changes } }, route, message)).status;
    }

    it("opens nothing if a claim of the grant differs or is missing", async () => {
      const changes = Object.keys(grant?.claims ?? {}).flatMap((name) => [
        { [name]: null },
        { [name]: `${claims[name]}0` },
        { [name]: [claims[name]] },
        { [name]: ` ${claims[name]}` },
      ]);

      for (const change of changes) expect(await statusWith(change)).toBe(403);
    });

    it("cannot choose its domain", async () => {
      expect(await statusWith({ domain_id: "domain-2" }, "domain-2")).toBe(403);
      expect(await statusWith({ domain_id: "domain-2" })).toBe(200);
    });
  });
});

describe("the guides", () => {
  const folder = join(import.meta.dirname, "../../docs/callers");
  const examples = readdirSync(folder).flatMap((page) =>
    [...readFileSync(join(folder, page), "utf8").matchAll(/^ *```json(?: grants)?\n(\s*\[.*?)^ *```$/gms)].map(
      ([, text = ""]) => ({ page, text }),
    ),
  );

  it("show grants.json for each way", () => {
    expect(new Set(examples.map(({ page }) => page)).size).toBeGreaterThanOrEqual(6);
  });

  const firstCalls = readdirSync(folder).flatMap((page) =>
    [...readFileSync(join(folder, page), "utf8").matchAll(/^```sh\n(API=.*?)^```$/gms)].map(([, text = ""]) => ({
      page,
      text,
    })),
  );

  it("show a first call for each provider that issues tokens", () => {
    const pages = ["auth0", "cognito", "entra-id", "github-actions", "keycloak", "okta"];
    expect(firstCalls.map(({ page }) => page)).toEqual(pages.map((page) => `${page}.md`));
  });

  it.each(firstCalls)("show a complete first call that can be pasted: $page", ({ text }) => {
    // A fake answers the request for a token, and records the call that follows.
    const curl = `curl() { case "$*" in (*secret/v1*) echo "$*";; (*) echo '{"access_token":"t0ken","value":"t0ken"}';; esac; }`;
    const env = {
      ...process.env,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "r",
      ACTIONS_ID_TOKEN_REQUEST_URL: "https://r.test/?",
    };
    const output = execFileSync("bash", ["-euc", `${curl}\n${text}`], { encoding: "utf8", env });

    expect(output).toMatch(
      /^-s https:\/\/example\S+\/secret\/v1\/secret\/get-data -H authorization: Bearer t0ken .*\{"name": "db"\}\n$/,
    );
  });

  it.each(examples)("show a valid grants.json: $page", ({ text }) => {
    expect(() => parseGrants(JSON.parse(text))).not.toThrow();
  });
});
