/** Only pages of the origin in `corsOrigins` may call. The stack of all end-to-end tests has this parameter. */

import { expect, inject, it } from "vitest";
import { stack, tokenFor } from "./service.ts";

const origin = inject("origin");
const list = `${stack.api}/secret/v1/secret/list`;

/** The preflight request of a browser. */
async function preflight(from: string): Promise<Headers> {
  const { headers } = await fetch(list, {
    method: "OPTIONS",
    headers: {
      origin: from,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
  return headers;
}

it("a page of the allowed origin may call, with a preflight request without a token", async () => {
  const headers = await preflight(origin);

  expect(headers.get("access-control-allow-origin")).toBe(origin);
  expect(headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
});

it("a page of another origin may not call", async () => {
  const other = "https://other.example.com";

  expect((await preflight(other)).get("access-control-allow-origin")).not.toBe(other);
});

it("a page of the allowed origin may not invoke functions, which would need no token", async () => {
  const answer = await fetch(stack.lambda, { method: "POST", headers: { origin } });

  expect(answer.status).toBe(403);
});

it("a page of the allowed origin may read the answer to its call", async () => {
  const token = await tokenFor({ domain_id: "domain-1" });

  const answer = await fetch(list, {
    method: "POST",
    headers: { origin, authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
  });

  expect(answer.status).toBe(200);
  expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
});
