import { afterEach, expect, it, onTestFinished } from "vitest";
import { log } from "../../lib/base/log.ts";

const chunks: string[] = [];

afterEach(() => {
  chunks.length = 0;
});

/** Records what is written, one chunk for each write. */
function keepWrites(): void {
  const { write } = process.stdout;
  process.stdout.write = (chunk: string | Uint8Array) => chunks.push(String(chunk)) > 0;
  onTestFinished(() => {
    process.stdout.write = write;
  });
}

const line = (id: string) => ({ level: "INFO", message: "audit", id }) as const;

it("writes the lines of a call at once, each with its end", () => {
  keepWrites();

  log(line("a"), line("b"));

  expect(chunks).toEqual([
    '{"level":"INFO","message":"audit","id":"a"}\n{"level":"INFO","message":"audit","id":"b"}\n',
  ]);
});

it("escapes characters that could hide or forge a line", () => {
  keepWrites();

  log(line("a\n\u2028\u202eb"));

  expect(chunks).toEqual(['{"level":"INFO","message":"audit","id":"a\\n\\u2028\\u202eb"}\n']);
});
