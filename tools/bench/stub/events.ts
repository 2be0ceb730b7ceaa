/** A request message as an event of either way in, and the context that Lambda gives along. */

import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { Route } from "../../../lib/http/routes.ts";

export interface Caller {
  readonly domainId: string;
  /** As the gateway writes a list; absent: of all projects. */
  readonly projects?: readonly string[];
}

type Message = { readonly [field: string]: unknown };

/** As API Gateway sends it for a caller with all scopes, payload format 2.0. */
export function httpEvent(route: Route, message: Message, { domainId, projects }: Caller): APIGatewayProxyEventV2 {
  const path = `/secret/v1/secret/${route}`;
  const body = JSON.stringify(message);
  const claims = {
    ...{ iss: "https://issuer.example.com", sub: "user-1", aud: "secret", exp: "1893456000", iat: "1893452400" },
    ...{ scope: "secret:read secret:write secret:data", domain_id: domainId },
    ...(projects !== undefined && { projects: `[${projects.join(" ")}]` }),
  };
  const requestContext = {
    ...{ accountId: "000000000000", apiId: "api", domainName: "api.example.com", domainPrefix: "api" },
    ...{ requestId: "JKJaXmPLvHcESHA=", routeKey: `POST ${path}`, stage: "$default" },
    ...{ time: "02/Jan/2026:03:04:05 +0000", timeEpoch: 1_767_323_045_678 },
    authorizer: { jwt: { claims, scopes: null } },
    http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "bench" },
  };
  const headers = {
    ...{ accept: "*/*", "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) },
    ...{ authorization: "Bearer …", host: "api.example.com", "user-agent": "bench", "x-forwarded-proto": "https" },
  };
  // The type knows of no authorizer.
  const event = {
    version: "2.0",
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext,
  };
  return { ...event, body, isBase64Encoded: false } as APIGatewayProxyEventV2;
}

export const context = {
  awsRequestId: "8f5e0f4c-4f3c-4a52-9f3c-0d4a5f5b6c7d",
  getRemainingTimeInMillis: () => 29_000,
} as Context;
