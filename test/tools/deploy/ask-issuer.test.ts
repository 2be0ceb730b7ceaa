/** Errors and warnings about the issuer before a deployment: an extra slash, a missing issuer, the system scope. */

import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { askIssuer, warnOfDefaults } from "../../../tools/deploy/issuer.ts";
import { close, listen } from "../../../tools/local/loopback.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await close(server);
});

/** An issuer whose metadata has these members, made from its URL. */
async function startIssuer(metadata: (url: string) => object): Promise<string> {
  let url = "";
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/.well-known/openid-configuration" ? 200 : 404;
    response.end(JSON.stringify(metadata(url)));
  });
  servers.push(server);
  url = await listen(server, 0);
  return url;
}

describe("an issuer", () => {
  it("that has the configured name is right, with or without a slash at its end", async () => {
    const plain = await startIssuer((url) => ({ issuer: url }));
    const slash = await startIssuer((url) => ({ issuer: `${url}/` }));

    expect(await askIssuer(plain)).toEqual({ fault: null, warnings: [] });
    expect(await askIssuer(`${slash}/`)).toEqual({ fault: null, warnings: [] });
  });

  it("that differs in a slash is wrong, and the message has the right spelling", async () => {
    const plain = await startIssuer((url) => ({ issuer: url }));
    const slash = await startIssuer((url) => ({ issuer: `${url}/` }));

    expect((await askIssuer(`${plain}/`)).fault).toContain(`calls itself "${plain}", not "${plain}/": set jwtIssuer`);
    expect((await askIssuer(slash)).fault).toContain(`calls itself "${slash}/", not "${slash}": set jwtIssuer`);
  });

  it.each(["secret:system", "secret/system"])("that offers %s leads to a warning", async (scope) => {
    const issuer = await startIssuer((url) => ({ issuer: url, scopes_supported: ["openid", scope] }));

    const { fault, warnings } = await askIssuer(issuer);

    expect(fault).toBeNull();
    expect(warnings).toEqual([expect.stringContaining(`offers the scope ${scope}`)]);
  });

  it("without a metadata document leads to a warning, because AWS may still reach it", async () => {
    const issuer = await startIssuer(() => ({ name: "no issuer" }));

    expect(await askIssuer(issuer)).toEqual({ fault: null, warnings: [expect.stringContaining("no metadata")] });
    expect(await askIssuer(`${issuer}/realm`)).toEqual({
      fault: null,
      warnings: [expect.stringContaining("status 404")],
    });
  });
});

describe("a provider whose default scopes are known", () => {
  it.each([
    ["https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example", "Cognito puts all scopes"],
    ["https://org.okta.com/oauth2/aus1", "Okta puts its default scopes"],
    ["https://login.microsoftonline.com/tenant/v2.0", "Entra ID puts all app roles"],
  ])("leads to a warning: %s", (issuer, sentence) => {
    expect(warnOfDefaults(issuer)).toContain(sentence);
    expect(warnOfDefaults(issuer)).toContain("If secret:system is among them, the token opens every domain");
  });

  it.each(["https://issuer.test", "", "https://okta.com.example.org"])("does not include %j", (issuer) => {
    expect(warnOfDefaults(issuer)).toBeNull();
  });
});
