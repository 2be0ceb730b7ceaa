/**
 * Does for serverless-offline what API Gateway's JWT authorizer does on AWS: verifies the token, requires the route's
 * scopes, and passes the claims on in the gateway's form. serverless-offline's own authorizer checks no signature.
 */

import { isUtf8 } from "node:buffer";
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";

/** The part of hapi's request that is used here. */
interface HapiRequest {
  readonly headers: { [name: string]: string | undefined };
  readonly payload: unknown;
  mime: string | null;
  readonly raw: { readonly req: { readonly rawHeaders: string[] } };
}

interface HapiResponse {
  code(status: number): HapiResponse;
  header(name: string, value: string): HapiResponse;
  takeover(): HapiResponse;
}

interface HapiToolkit {
  readonly continue: symbol;
  authenticated(result: { readonly credentials: object }): unknown;
  response(body: object): HapiResponse;
}

interface Endpoint {
  readonly authorizer?: { readonly scopes?: readonly string[] };
}

/** serverless-offline replaces the verified claims by the value of this header, whoever sent it. */
const overrideHeader = "sls-offline-authorizer-override";

/** Content types whose bodies API Gateway passes on as strings; all others arrive as base64. */
const textTypes = /^(text\/|application\/(json|javascript|xml)\b)/;

/** The `customAuthenticationProvider` of serverless-offline, which it calls for each route. */
export function provideAuthentication(endpoint: Endpoint, _functionKey: string, method: string, path: string): object {
  if (endpoint.authorizer === undefined)
    throw new Error(`${method} ${path} has no authorizer, so anybody could call it.`);
  // Absent if grants or another scope claim decide: then only the function checks scopes.
  const { scopes } = endpoint.authorizer;
  const issuer = requiredSetting("JWT_ISSUER");
  const audience = requiredSetting("JWT_AUDIENCE");
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const authenticate = async (request: HapiRequest, toolkit: HapiToolkit): Promise<unknown> => {
    if (request.headers[overrideHeader] !== undefined) {
      return refuse(toolkit, 403, "Bearer");
    }
    const claims = await verify(request.headers["authorization"], keys, { issuer, audience });
    if (claims === undefined) {
      return refuse(toolkit, 401, "Bearer");
    }
    const granted = scopes === undefined ? null : scopesOf(claims).filter((scope) => scopes.includes(scope));
    if (scopes !== undefined && granted?.length === 0) {
      return refuse(toolkit, 403, `Bearer scope="${scopes.join(" ")}" error="insufficient_scope"`);
    }
    const authorizer = { jwt: { claims: toGatewayClaims(claims), scopes: granted } };
    request.raw.req.rawHeaders.push(overrideHeader, JSON.stringify(authorizer));
    return toolkit.authenticated({ credentials: {} });
  };
  const name = `jwt ${method} ${path}`;
  return {
    name,
    scheme: name,
    getAuthenticateFunction: () => ({ authenticate, payload: keepBody, options: { payload: true } }),
  };
}

/** The result of `require`, as serverless-offline expects it. */
export { provideAuthentication as "module.exports" };

function requiredSetting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: start the stack with npm start.`);
  return value;
}

async function verify(
  header: string | undefined,
  keys: JWTVerifyGetKey,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<JWTPayload | undefined> {
  try {
    const token = (header ?? "").replace(/^Bearer +/i, "");
    const { payload } = await jwtVerify(token, keys, { ...expected, algorithms: ["RS256"], requiredClaims: ["exp"] });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** The gateway reads `scope` only if there is no `scp`. */
function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  const claim = scp ?? scope;
  return Array.isArray(claim) ? claim.map(String) : String(claim ?? "").split(" ");
}

/** Claims in the gateway's form: all are strings, and claims that are null are missing. */
export function toGatewayClaims(claims: JWTPayload): { readonly [name: string]: string } {
  const given = Object.entries(claims).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, toGatewayText(value)]));
}

/** A list is `[a b]`, an object `map[key:value]` sorted by key, as Go prints them. */
function toGatewayText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toGatewayText).join(" ")}]`;
  if (value === null) return "<nil>";
  if (typeof value !== "object") return String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([name, member]) => `${name}:${toGatewayText(member)}`).join(" ")}]`;
}

function refuse(toolkit: HapiToolkit, status: 401 | 403, challenge: string): HapiResponse {
  const body = { message: status === 401 ? "Unauthorized" : "Forbidden" };
  return toolkit.response(body).code(status).header("www-authenticate", challenge).takeover();
}

/**
 * Passes the body on as the gateway does. serverless-offline would lose bytes that are not UTF-8, and parse the JSON
 * that the function must parse.
 */
function keepBody(request: HapiRequest, toolkit: HapiToolkit): symbol {
  const isText = textTypes.test(request.headers["content-type"] ?? "application/json");
  const isIntact = request.payload instanceof Uint8Array ? isUtf8(request.payload) : true;
  request.headers["content-type"] = isText && isIntact ? "text/plain" : "application/octet-stream";
  request.mime = "text/plain";
  return toolkit.continue;
}
