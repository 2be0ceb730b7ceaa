/** Events and contexts as API Gateway and Lambda make them, and how to capture the log of a call. */

import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { noGrants } from "../../lib/secret/grants.ts";
import type { CallerRules } from "../../lib/secret/principal.ts";

export const claims = {
  iss: "https://issuer.example/",
  sub: "user-1",
  scope: "secret:read secret:write secret:data",
  domain_id: "domain-1",
  exp: "1893456000",
} as const;

/** The defaults of a deployment. */
export const callerRules: CallerRules = {
  domainClaim: "domain_id",
  projectsClaimRequired: false,
  scopeClaim: null,
  trustClaims: true,
  grants: noGrants,
};

export interface HttpRequest {
  readonly claims?: unknown;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly isBase64Encoded?: boolean;
}

/** An event in payload format 2.0. `claims: undefined` means a route without an authorizer. */
export function httpEvent(request: HttpRequest = {}): APIGatewayProxyEventV2 {
  const { body, headers = {}, isBase64Encoded = false } = request;
  const token = "claims" in request ? request.claims : claims;
  const event = {
    version: "2.0",
    routeKey: "POST /secret/v1/secret/get",
    rawPath: "/secret/v1/secret/get",
    rawQueryString: "",
    headers: { "content-type": "application/json", ...headers },
    requestContext: {
      accountId: "000000000000",
      apiId: "api",
      ...(token !== undefined && { authorizer: { jwt: { claims: token, scopes: null } } }),
      domainName: "api.example",
      domainPrefix: "api",
      http: { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "gateway-request",
      routeKey: "POST /secret/v1/secret/get",
      stage: "$default",
      time: "01/Jan/2026:00:00:00 +0000",
      timeEpoch: 1767225600000,
    },
    isBase64Encoded,
  };
  if (body === undefined) return event as APIGatewayProxyEventV2;
  return { ...event, body: typeof body === "string" ? body : JSON.stringify(body) } as APIGatewayProxyEventV2;
}

/** The ARN of a function that is invoked by its plain name. */
export const invokedFunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:secret-test";

export function lambdaContext(remainingMs = 10_000): Context {
  const getRemainingTimeInMillis = () => remainingMs;
  return { awsRequestId: "lambda-request", invokedFunctionArn, getRemainingTimeInMillis } as Context;
}

export interface Written {
  /** The parsed lines. */
  readonly lines: readonly Record<string, unknown>[];
  readonly text: string;
}

/** Runs a call, and captures its output instead of showing it. */
export async function capture<Result>(call: () => Promise<Result>): Promise<Written & { readonly result: Result }> {
  const write = process.stdout.write;
  let text = "";
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += chunk;
    return true;
  };
  try {
    const result = await call();
    return {
      result,
      text,
      lines: text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    };
  } finally {
    process.stdout.write = write;
  }
}

/** What Lambda's runtime returns to the invoker for an error of a handler, and what it logs. */
export function runtimeReport(error: unknown): { readonly answer: unknown; readonly logged: string } {
  if (!(error instanceof Error)) throw new TypeError("the runtime expects an error");
  return {
    answer: { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") },
    logged: JSON.stringify(error, (_key, value) =>
      value instanceof Error ? { ...value, errorMessage: value.message, stack: value.stack } : value,
    ),
  };
}
