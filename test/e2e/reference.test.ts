/** The server of the reference page. The page in a browser: test/deep/reference-page.test.ts. */

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, it } from "vitest";
import { stack } from "./service.ts";

describe("the server of the reference page", () => {
  it("passes the API's answers on unchanged", async () => {
    const answer = await fetch(`${stack.reference}/secret/v1/secret/get`, { method: "POST", body: "{}" });
    const direct = await fetch(`${stack.api}/secret/v1/secret/get`, { method: "POST", body: "{}" });

    expect([answer.status, await answer.json()]).toEqual([direct.status, await direct.json()]);
    expect(answer.status).toBe(401);
  });

  it.each(["localhost", "evil.example:80"])("refuses requests for the host %j", async (host) => {
    // Under another host name for this address, a foreign page would be of the same origin, and could get tokens.
    const asked = request(`${stack.reference}/token`, { method: "POST", headers: { host } }).end();

    const [answer]: [IncomingMessage] = (await once(asked, "response")) as never;

    answer.resume();
    expect(answer.statusCode).toBe(421);
  });

  it("lets the page load nothing from other hosts, and lets nobody frame it", async () => {
    const { headers } = await fetch(stack.reference);

    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self';");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});
