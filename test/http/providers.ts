/**
 * A realistic token of each provider, from its own documentation (docs/callers/), and what its holder may do. Each is
 * tried on the handlers in the gateway's form (providers.test.ts), and over HTTP (test/deep/grants.test.ts).
 */

import type { Route } from "../../lib/http/routes.ts";

export type Claims = { readonly [name: string]: unknown };

export interface Provider {
  readonly name: string;
  readonly claims: Claims;
  /** Settings that it needs, as environment variables of the functions. */
  readonly variables?: { readonly SCOPE_CLAIM?: string; readonly TRUST_CLAIMS?: string };
  /** The claims and scopes of its grant, if it needs one. */
  readonly grant?: { readonly claims: { readonly [name: string]: string }; readonly scopes: readonly string[] };
  /** What the caller may do in domain-1. In other domains it may do nothing. */
  readonly routes: readonly Route[];
}

const times = { iat: 1763000000, exp: 1763003600 };
const metadata: readonly Route[] = ["get", "list", "stat"];
const readers: readonly Route[] = ["get-data", ...metadata];
const writers: readonly Route[] = ["create", "update", "delete", "update-data"];

const auth0 = { iss: "https://tenant.auth0.com/", sub: "my_client_id@clients", aud: "secret", ...times };

const entra = {
  ...{ aud: "19893e32-3f4d-4c5a-b5ca-27891cf75666", iss: "https://login.microsoftonline.com/tenant/v2.0", ...times },
  ...{ nbf: times.iat, aio: "E2NgYDhzVPa", azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3", azpacr: "1", rh: "0.AX0A" },
  ...{ oid: "c3b0a1f2-0000-4000-8000-service", sub: "c3b0a1f2-0000-4000-8000-service", uti: "example", ver: "2.0" },
  tid: "72f988bf-86f1-41af-91ab-2d7cd011db47",
};

const keycloak = {
  ...{ ...times, jti: "trrtcc:1", iss: "https://keycloak.test/realms/main", aud: ["secret", "account"] },
  ...{ sub: "c3b0a1f2-service-account", typ: "Bearer", azp: "billing", acr: "1", "allowed-origins": ["/*"] },
  realm_access: { roles: ["offline_access", "uma_authorization"] },
  resource_access: { account: { roles: ["view-profile"] } },
  ...{ email_verified: false, clientHost: "192.0.2.1", client_id: "billing", clientAddress: "192.0.2.1" },
  preferred_username: "service-account-billing",
};

export const providers: readonly Provider[] = [
  {
    name: "Cognito, with a grant by client_id",
    claims: {
      ...{ sub: "1example23456789", token_use: "access", scope: "secret/read", auth_time: times.iat, version: 2 },
      iss: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example",
      ...{ ...times, jti: "aaaaaaaa-bbbb-cccc-dddd-example", client_id: "1example23456789" },
    },
    grant: { claims: { client_id: "1example23456789" }, scopes: ["secret:read", "secret:data"] },
    routes: readers,
  },
  {
    name: "Cognito, with a domain by a trigger",
    claims: {
      sub: "2example",
      client_id: "2example",
      token_use: "access",
      scope: "secret/read",
      domain_id: "domain-1",
    },
    routes: metadata,
  },
  {
    name: "Auth0, with a domain by an Action",
    claims: {
      ...{ ...auth0, azp: "my_client_id", gty: "client-credentials", domain_id: "domain-1" },
      scope: "secret:read secret:data secret:write",
    },
    routes: [...readers, ...writers],
  },
  {
    name: "Auth0 with the profile of RFC 9068, with a grant by client_id",
    claims: { ...auth0, client_id: "my_client_id", jti: "73WakrfVbNJBaAmhQtEeDv", scope: "secret:read" },
    grant: { claims: { client_id: "my_client_id" }, scopes: ["secret:data"] },
    routes: ["get-data"],
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
    claims: { ...keycloak, scope: "secret:write secret-claims profile email", domain_id: "domain-1" },
    routes: writers,
  },
  {
    name: "Keycloak, with a grant by azp",
    claims: { ...keycloak, azp: "reporting", client_id: "reporting", scope: "profile email" },
    grant: { claims: { azp: "reporting" }, scopes: ["secret:read"] },
    routes: metadata,
  },
  {
    name: "Entra ID, with app roles",
    claims: { ...entra, azp: "another", roles: ["secret:read", "secret:data"], domain_id: "domain-1" },
    variables: { SCOPE_CLAIM: "roles" },
    routes: readers,
  },
  {
    name: "Entra ID, with a grant and no roles",
    claims: entra,
    grant: { claims: { azp: entra.azp, tid: entra.tid }, scopes: ["secret:read", "secret:data"] },
    variables: { TRUST_CLAIMS: "false" },
    routes: readers,
  },
  {
    name: "GitHub Actions, with a grant by repository_id",
    claims: {
      ...{ jti: "example-id", sub: "repo:octo-org/octo-repo:environment:prod", environment: "prod", aud: "secret" },
      ...{ ref: "refs/heads/main", sha: "example-sha", repository: "octo-org/octo-repo", repository_owner: "octo-org" },
      ...{ actor_id: "12", repository_visibility: "private", repository_id: "74", repository_owner_id: "65" },
      ...{ run_id: "example-run-id", run_number: "10", run_attempt: "2", runner_environment: "github-hosted" },
      ...{ actor: "octocat", workflow: "example-workflow", head_ref: "", base_ref: "", event_name: "push" },
      ...{
        ref_type: "branch",
        job_workflow_ref: "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main",
      },
      ...{ iss: "https://token.actions.githubusercontent.com", nbf: times.iat, ...times },
    },
    grant: { claims: { repository_id: "74", ref: "refs/heads/main" }, scopes: ["secret:read", "secret:data"] },
    variables: { TRUST_CLAIMS: "false" },
    routes: readers,
  },
];

/** A grants.json for all providers. */
export const providerGrants: readonly object[] = providers.flatMap(({ grant }, index) =>
  grant === undefined ? [] : [{ id: `provider-${index}`, domain_id: "domain-1", ...grant }],
);

/** A valid message for each method; `secret` is in the caller's domain. */
export function messageFor(route: Route, secret: { readonly secret_id: string; readonly name: string }): object {
  const { secret_id, name } = secret;
  const messages: { readonly [Name in Route]: object } = {
    create: { name: `${name}-new`, secret_type: "CREDENTIALS", data: { user: "ada" } },
    update: { secret_id, tags: { by: "its caller" } },
    delete: { secret_id },
    "update-data": { secret_id, data: { user: "grace" } },
    "get-data": { secret_id },
    get: { secret_id },
    list: {},
    stat: { query: { aggregate: [{ count: { name: "n" } }] } },
  };
  return messages[route];
}
