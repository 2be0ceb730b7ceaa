/** Limits of routes and functions, and CORS, set by parameters. */

import { beforeAll, describe, expect, it } from "vitest";
import { parseCorsOrigins, parseReservedConcurrency, parseRouteThrottles } from "../../../tools/deploy/gateway.ts";
import { isThorough } from "../../support/thorough.ts";
import { gatewayParameters, packageTemplate, packagingMs } from "./package-template.ts";
import { at, type Template } from "./template.ts";

const origin = gatewayParameters.corsOrigins;

describe.runIf(isThorough)("a stage with limits and an origin", () => {
  let template: Template;

  beforeAll(async () => {
    template = await packageTemplate("dev", gatewayParameters);
  }, packagingMs);

  it("throttles the named routes, after they are created", () => {
    const stage = template.Resources["HttpApiStage"];

    expect(at(stage?.Properties, "RouteSettings")).toEqual({
      "POST /secret/v1/secret/get-data": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
    });
    const route = "HttpApiRoutePostSecretV1SecretGetDashdata";
    expect(at(stage, "DependsOn")).toContain(route);
    expect(Object.keys(template.Resources)).toContain(route);
  });

  it("reserves concurrency only for the named functions", () => {
    const reserved = (id: string) => at(template.Resources[id]?.Properties, "ReservedConcurrentExecutions");

    expect(reserved("GetDashdataLambdaFunction")).toBe(100);
    expect(reserved("ListLambdaFunction")).toBe(0);
    expect(reserved("GetLambdaFunction")).toBeUndefined();
  });

  it("lets pages of the origin send a token and read the request id", () => {
    expect(at(template.Resources["HttpApi"]?.Properties, "CorsConfiguration")).toEqual({
      AllowOrigins: [origin],
      AllowMethods: ["POST"],
      AllowHeaders: ["authorization", "content-type", "idempotency-key"],
      ExposeHeaders: ["x-request-id"],
      MaxAge: 600,
    });
  });
});

describe("the parameters", () => {
  it("are lists by route, and of origins", () => {
    expect(parseRouteThrottles("list=20/40,stat=1/2")).toEqual(
      new Map([
        ["list", { rate: 20, burst: 40 }],
        ["stat", { rate: 1, burst: 2 }],
      ]),
    );
    expect(parseReservedConcurrency("")).toEqual(new Map());
    expect(parseCorsOrigins(`${origin},http://localhost:8080`)).toEqual([origin, "http://localhost:8080"]);
  });

  it.each(["lists=1/2", "list=1", "list=0/1", "list=1/2,", "list", "toString=1/2"])("refuse throttles %j", (text) => {
    expect(() => parseRouteThrottles(text)).toThrow("routeThrottles must be a comma-separated list such as list=20/40");
  });

  it.each(["get-data", "get-data=-1", "get-data=1.5", "all=1"])("refuse concurrency %j", (text) => {
    expect(() => parseReservedConcurrency(text)).toThrow(
      "reservedConcurrency must be a comma-separated list such as get-data=100",
    );
  });

  it.each(["*", `${origin}/`, "https://*.example.com", "console.example.com", `${origin}, ${origin}`])(
    "refuse the origin %j",
    (text) => {
      expect(() => parseCorsOrigins(text)).toThrow(
        "corsOrigins must be a comma-separated list such as https://console.example.com",
      );
    },
  );
});
