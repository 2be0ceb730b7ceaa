/** The command line's requests go through the proxy in the environment. */

import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { close, listen } from "../../tools/local/loopback.ts";
import { runCli } from "./run.ts";

/** A proxy that records the requested hosts, and connects to none. */
async function startProxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((_, response) => response.end());
  server.on("connect", ({ url }, socket) => {
    asked.push(String(url));
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  const url = await listen(server, 0);
  onTestFinished(async () => await close(server));
  return { url, asked };
}

async function list(proxy: string, variables: { readonly [name: string]: string }) {
  const environment = { HTTPS_PROXY: proxy, SECRET_TOKEN: "token", HOME: "/nonexistent", ...variables };
  return await runCli(["list"], { environment });
}

describe("a request of the command line", () => {
  it("uses the proxy of HTTPS_PROXY", async () => {
    const { url, asked } = await startProxy();

    const { code } = await list(url, { SECRET_URL: "https://secret.invalid" });

    expect(new Set(asked)).toEqual(new Set(["secret.invalid:443"]));
    expect(code).toBe(6);
  });

  it("goes directly to hosts in NO_PROXY", async () => {
    const { url, asked } = await startProxy();

    const { code, stderr } = await list(url, { SECRET_URL: "https://secret.invalid", NO_PROXY: "secret.invalid" });

    expect(asked).toEqual([]);
    expect(stderr).toContain("The service does not answer.");
    expect(code).toBe(6);
  });

  it("goes directly to this machine", async () => {
    const { url, asked } = await startProxy();
    const service = createServer((_, response) => response.end('{"results":[],"total_count":0}'));
    const api = await listen(service, 0);
    onTestFinished(async () => await close(service));

    const { code } = await list(url, { SECRET_URL: api, HTTP_PROXY: url });

    expect(asked).toEqual([]);
    expect(code).toBe(0);
  });
});
