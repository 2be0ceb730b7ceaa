/** What `exec` asks the service for. */

import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { close, listen } from "../../tools/local/loopback.ts";
import { runCli } from "./run.ts";

interface Message {
  readonly items?: readonly object[];
}

/** A service whose every secret is the same; it keeps the messages that it gets. */
async function startService(): Promise<{ readonly url: string; readonly messages: Message[] }> {
  const messages: Message[] = [];
  const secret = { secret_id: "secret-0123456789ab", data: { user: "ada" }, encrypted: false, encrypt_options: {} };
  const answer = { ...secret, version: 1, etag: "1-x" };
  const reply = (message: Message) => {
    messages.push(message);
    const { items } = message;
    return JSON.stringify(items === undefined ? answer : { results: items.map(() => answer) });
  };
  const server = createServer((request, response) => {
    json(request).then(
      (message) => response.end(reply(message as Message)),
      () => response.destroy(),
    );
  });
  const url = await listen(server, 0);
  onTestFinished(async () => await close(server));
  return { url, messages };
}

it("is one secret in the form that services without items know, and several in one request", async () => {
  const { url, messages } = await startService();
  const environment = { SECRET_URL: url, SECRET_TOKEN: "token", HOME: "/nonexistent", PATH: process.env["PATH"] ?? "" };
  const print = ["--", "sh", "-c", 'echo "$USER"'];

  const one = await runCli(["exec", "db", "--pristine", ...print], { environment });
  await runCli(["exec", "db", "smtp", "--pristine", ...print], { environment });

  expect(one).toMatchObject({ code: 0, stdout: "ada\n", stderr: "" });
  expect(messages).toEqual([{ name: "db" }, { items: [{ name: "db" }, { name: "smtp" }] }]);
});
