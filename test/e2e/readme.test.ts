/** Runs the README's first requests in a shell, unchanged, twice. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { newDomain, stack } from "./service.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const requests = /^```sh\n(api=.*?)^```$/ms.exec(readme)?.[1] ?? "";

it("the README's requests can be pasted into a shell twice without changes", async () => {
  const pasted = requests
    .replace("http://127.0.0.1:3000", stack.api)
    .replace("http://127.0.0.1:3004", stack.issuer)
    .replace("domain-1", newDomain());

  const { stdout } = await promisify(execFile)("bash", ["-c", pasted + pasted]);

  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  const once = [
    expect.objectContaining({ data: { aws_secret_access_key: "wJalrXUtnFEMI" }, version: 1 }),
    {},
    expect.objectContaining({ tags: { env: "prod", owner: "ada" }, version: 2 }),
    { name: "aws-prod", provider: "aws", version: 2 },
    { results: [expect.objectContaining({ name: "aws-prod" })], total_count: 1 },
    { results: [{ provider: "aws", secrets: 1 }] },
    {},
  ];
  expect(answers).toEqual([...once, ...once]);
});
