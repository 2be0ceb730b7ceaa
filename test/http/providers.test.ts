/** Tokens as identity providers issue them, by their own documents (docs/callers/), in the gateway's form: who gets where. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endpoint } from "../../lib/http/endpoint.ts";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import type { CallerRules } from "../../lib/secret/principal.ts";
import { parseGrants } from "../../tools/deploy/grants-file.ts";
import { toGatewayClaims } from "../../tools/local/authenticator.ts";
import { callerRules, capture, httpEvent, lambdaContext } from "./events.ts";

type Claims = { readonly [name: string]: unknown };

interface Provider {
  readonly name: string;
  readonly claims: Claims;
  readonly rules?: Partial<Omit<CallerRules, "grants">>;
  /** The claims of its grant, where it needs one. */
  readonly grantedBy?: { readonly [name: string]: string };
  /** What the caller may do, in domain-1. */
  readonly routes: readonly Route[];
}

const times = { iat: 1763000000, exp: 1763003600 };
const readers: readonly Route[] = ["get-data", "get", "list", "stat"];

const providers: readonly Provider[] = [
  {
    name: "Cognito, with a grant by client_id",
    claims: {
      ...{ sub: "1example23456789", token_use: "access", scope: "secret/data", auth_time: times.iat, version: 2 },
      iss: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example",
      ...{ ...times, jti: "aaaaaaaa-bbbb-cccc-dddd-example", client_id: "1example23456789" },
    },
    grantedBy: { client_id: "1example23456789" },
    routes: readers,
  },
  {
    name: "Cognito, with a domain by a trigger",
    claims: { sub: "1example", token_use: "access", scope: "secret/read secret/data", ...times, domain_id: "domain-1" },
    routes: readers,
  },
  {
    name: "Auth0, with a domain by an Action",
    claims: {
      ...{ iss: "https://tenant.auth0.com/", sub: "my_client_id@clients", aud: "secret", ...times },
      ...{ azp: "my_client_id", scope: "secret:read secret:data", gty: "client-credentials", domain_id: "domain-1" },
    },
    routes: readers,
  },
  {
    name: "Okta, with scopes as a list",
    claims: {
      ...{ ver: 1, jti: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", iss: "https://org.okta.com/oauth2/aus1" },
      ...{ aud: "secret", ...times, cid: "0oa1example", scp: ["secret:data", "secret:read"], sub: "0oa1example" },
      domain_id: "domain-1",
    },
    routes: readers,
  },
  {
    name: "Keycloak, with mappers in a client scope",
    claims: {
      ...{ ...times, jti: "trrtcc:1", iss: "https://keycloak.test/realms/main", aud: ["secret", "account"] },
      ...{ sub: "c3b0a1f2-service-account", typ: "Bearer", azp: "billing", acr: "1" },
      realm_access: { roles: ["offline_access", "uma_authorization"] },
      resource_access: { account: { roles: ["view-profile"] } },
      ...{ scope: "secret:data secret:read profile email", clientHost: "192.0.2.1", domain_id: "domain-1" },
    },
    routes: readers,
  },
  {
    name: "Entra ID, with app roles",
    claims: {
      ...{
        aud: "19893e32-3f4d-4c5a-b5ca-27891cf75666",
        iss: "https://login.microsoftonline.com/tenant/v2.0",
        ...times,
      },
      ...{ azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3", azpacr: "1", oid: "o", roles: ["secret:read", "secret:data"] },
      ...{ sub: "o", tid: "72f988bf-86f1-41af-91ab-2d7cd011db47", ver: "2.0", domain_id: "domain-1" },
    },
    rules: { scopeClaim: "roles" },
    routes: readers,
  },
  {
    name: "Entra ID, with a grant and no roles",
    claims: { azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3", sub: "o", tid: "72f988bf", ver: "2.0", ...times },
    grantedBy: { azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3" },
    rules: { trustClaims: false },
    routes: readers,
  },
  {
    name: "GitHub Actions, with a grant by repository_id",
    claims: {
      ...{ jti: "example-id", sub: "repo:octo-org/octo-repo:environment:prod", environment: "prod", aud: "secret" },
      ...{ ref: "refs/heads/main", sha: "example-sha", repository: "octo-org/octo-repo", repository_owner: "octo-org" },
      ...{ actor_id: "12", repository_visibility: "private", repository_id: "74", repository_owner_id: "65" },
      ...{ run_id: "example-run-id", run_number: "10", runner_environment: "github-hosted", event_name: "push" },
      ...{ iss: "https://token.actions.githubusercontent.com", ...times },
    },
    grantedBy: { repository_id: "74", ref: "refs/heads/main" },
    rules: { trustClaims: false },
    routes: readers,
  },
];

async function statusOf(provider: Provider, route: Route, changes: Claims = {}, domain?: string): Promise<number> {
  const { claims, grantedBy, rules } = provider;
  const grant = { id: "g", claims: grantedBy, domain_id: "domain-1", scopes: ["secret:read", "secret:data"] };
  const grants = parseGrants(grantedBy === undefined ? [] : [grant]);
  const handler = endpoint({
    route,
    // The caller is what matters here: each method's own parser has its own tests.
    parse: (message) => ({ domain_id: String(Reflect.get(Object(message), "domain_id")) }),
    method: async (_, { principal }) => principal,
    ports: {},
    callers: { ...callerRules, ...rules, grants },
  });
  const body = domain === undefined ? {} : { domain_id: domain };
  const event = httpEvent({ claims: toGatewayClaims({ ...claims, ...changes }), body });
  const { result } = await capture(async () => await handler(event, lambdaContext()));
  return Number(Reflect.get(Object(result), "statusCode"));
}

describe.each(providers)("a token of $name", (provider) => {
  it("opens what it is for, and nothing else", async () => {
    const statuses = await Promise.all(routeNames.map(async (route) => [route, await statusOf(provider, route)]));

    const expected = routeNames.map((route) => [route, provider.routes.includes(route) ? 200 : 403]);
    expect(statuses).toEqual(expected);
  });

  it("opens no other domain", async () => {
    expect(await statusOf(provider, "get", {}, "domain-2")).toBe(403);
  });
});

const granted = providers.filter(({ grantedBy }) => grantedBy !== undefined);

describe.each(granted)("a token like that of $name", (provider) => {
  it("opens nothing where a claim of the grant is another or is missing", async () => {
    const names = Object.keys(provider.grantedBy ?? {});
    const changes = names.flatMap((name) => [
      { [name]: null },
      { [name]: `${provider.claims[name]}0` },
      { [name]: [provider.claims[name]] },
      { [name]: ` ${provider.claims[name]}` },
    ]);

    for (const change of changes) expect(await statusOf(provider, "get", change)).toBe(403);
  });

  it("does not choose its domain", async () => {
    expect(await statusOf(provider, "get", { domain_id: "domain-2" }, "domain-2")).toBe(403);
    expect(await statusOf(provider, "get", { domain_id: "domain-2" })).toBe(200);
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

  it.each(examples)("show a grants.json that is right: $page", ({ text }) => {
    expect(() => parseGrants(JSON.parse(text))).not.toThrow();
  });
});
