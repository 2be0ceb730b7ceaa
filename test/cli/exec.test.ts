/** The requests that `exec` sends to the service. */

import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { close, listen } from "../../tools/local/loopback.ts";
import { runCli } from "./run.ts";

/** A service with one secret. It records the messages. */
async function startService(): Promise<{ readonly url: string; readonly messages: unknown[] }> {
  const messages: unknown[] = [];
  const secret = { secret_id: "secret-0123456789ab", data: { user: "ada" }, encrypted: false, encrypt_options: {} };
  const server = createServer((request, response) => {
    json(request).then(
      (message) => {
        messages.push(message);
        response.end(JSON.stringify({ ...secret, version: 1, etag: "1-x" }));
      },
      () => response.destroy(),
    );
  });
  const url = await listen(server, 0);
  onTestFinished(async () => await close(server));
  return { url, messages };
}

it("asks for one secret without `items`, which services of 1.0.0 refuse", async () => {
  const { url, messages } = await startService();
  const environment = { SECRET_URL: url, SECRET_TOKEN: "token", HOME: "/nonexistent", PATH: process.env["PATH"] ?? "" };

  const run = await runCli(["exec", "db", "--pristine", "--", "sh", "-c", 'echo "$USER"'], { environment });

  expect(run).toEqual({ code: 0, signal: null, stdout: "ada\n", stderr: "" });
  expect(messages).toEqual([{ name: "db" }]);
});
