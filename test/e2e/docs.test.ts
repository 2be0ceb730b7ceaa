/** The examples of docs/api.md, run one after the other, and their answers. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { errors } from "../../lib/base/errors.ts";
import { stack } from "./service.ts";

interface Example {
  readonly command: string;
  readonly answer: string;
}

const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
const setup = /^```sh setup\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
const examples: readonly Example[] = [...page.matchAll(/^```sh\n(.*?)^```\n```json\n(.*?)^```$/gms)].map(
  ([, command = "", answer = ""]) => ({ command, answer }),
);

/** Values that differ from run to run: the page's value → this run's. */
const words = new Map<string, string>([
  ["http://127.0.0.1:3000", stack.api],
  ["http://127.0.0.1:3001", stack.lambda],
  ["http://127.0.0.1:3004", stack.issuer],
]);

/** Ids, etags, times and base64. */
const varying = /secret-[0-9a-f]{12}|\b\d+-[\w-]{22}\b|\d{4}-\d\d-\d\dT[\d:.]+Z|[\w+/]{16,}={0,2}/g;

async function run(command: string): Promise<string> {
  const script = [...words].reduce(
    (text, [documented, actual]) => text.replaceAll(documented, actual),
    setup + command,
  );
  const { stdout } = await promisify(execFile)("bash", ["-c", script]);
  return stdout;
}

/** Replaces this run's values by the page's. Learns new values from the same place in the page's answer. */
function inWordsOfPage(actual: string, documented: string): string {
  const found = actual.match(varying) ?? [];
  for (const [index, word] of (documented.match(varying) ?? []).entries()) {
    const actually = found[index];
    if (actually !== undefined && !words.has(word)) words.set(word, actually);
  }
  return [...words].reduce((text, [word, actually]) => text.replaceAll(actually, word), actual);
}

describe("the examples", () => {
  it.each(examples)("$command", async ({ command, answer }) => {
    const actual = await run(command);

    expect(JSON.parse(inWordsOfPage(actual, answer))).toEqual(JSON.parse(answer));
  });
});

describe("docs/api.md", () => {
  it("shows an answer to every command, and no other blocks", () => {
    const fences = page.match(/^```/gm)?.length ?? 0;

    // The setup beside them.
    expect(fences).toBe(2 * (2 * examples.length + 1));
  });

  it.each(Object.entries(errors))("describes %s", (code, { status }) => {
    expect(page).toMatch(new RegExp(`^\\| ${status} \\|.*\`${code}\``, "m"));
  });
});
