/** The hidden prompt on a real terminal: what it reads as the answer, and in which state it leaves the terminal. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasTerminal, Terminal } from "./terminal.ts";

const dir = mkdtempSync(join(tmpdir(), "prompt-"));
const environment = { PATH: process.env["PATH"] ?? "" };
const prompt = JSON.stringify(join(import.meta.dirname, "../../cli/hidden-prompt.ts"));
/** Prints the exit code, the input that was left unread, and the state of the terminal. */
const after = `echo "code=$?"; IFS= read -r -t 0.3 rest; echo "rest=$rest"; stty -a | grep -owE -- "-?echo"; echo end`;

beforeAll(() => {
  const script = `import { writeFileSync } from "node:fs";
import { askHidden } from ${prompt};
const [name, ...questions] = process.argv.slice(2);
writeFileSync(name + ".pid", String(process.pid));
try {
  writeFileSync(name, JSON.stringify(await askHidden(questions)));
} catch (error) {
  writeFileSync(name, JSON.stringify(error.message));
  process.exitCode = 1;
}`;
  writeFileSync(join(dir, "ask.mjs"), script);
});

afterAll(() => rmSync(dir, { recursive: true }));

function ask(name: string, ...questions: readonly string[]): Terminal {
  writeFileSync(join(dir, `${name}.sh`), `'${process.execPath}' ask.mjs ${[name, ...questions].join(" ")}; ${after}\n`);
  return new Terminal(`cd '${dir}' && bash ${name}.sh`, environment);
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(dir, file), "utf8"));
}

const mark = { begin: "\x1b[200~", end: "\x1b[201~" };

describe.skipIf(!hasTerminal).concurrent("the hidden prompt (needs util-linux's script)", () => {
  it.each([
    ["typed", "ada\r", "ada"],
    ["edited", "wrong\x15adx\x7fa\r", "ada"],
    ["lines", `${mark.begin}one\r\rtwo\r\nthree\r${mark.end}\r`, "one\n\ntwo\nthree\n"],
    ["one-line", `${mark.begin}ada\r${mark.end}\r`, "ada"],
    ["between", `a${mark.begin}d\x7f${mark.end}b\r`, "ad\x7fb"],
  ])("reads what is %s", async (name, keys, answer) => {
    const terminal = ask(name, "q");
    await terminal.sees("q (hidden): ");

    terminal.type(keys);

    expect(await terminal.sees("end\r\n")).toMatch(/code=0\r\nrest=\r\necho\r\nend/);
    expect(read(name)).toEqual([answer]);
  });

  it("asks the terminal to mark pastes, and turns that off again at the end", async () => {
    const terminal = ask("marks", "q");

    const before = await terminal.sees("q (hidden): ");
    terminal.type("ada\r");
    const behind = await terminal.sees("code=0");

    expect(before).toContain("\x1b[?2004h");
    expect(behind).toContain("\x1b[?2004l");
  });

  it("refuses an unmarked paste of several lines, and leaves none of them to the shell", async () => {
    const terminal = ask("unmarked", "q");
    await terminal.sees("q (hidden): ");

    terminal.type("-----BEGIN-----\rs3cr3t\r");
    await new Promise((resolve) => setTimeout(resolve, 20));
    terminal.type("-----END-----\r");

    const seen = await terminal.sees("end\r\n");
    expect(seen).toMatch(/code=1\r\nrest=\r\necho\r\nend/);
    expect(seen).not.toContain("s3cr3t");
    expect(read("unmarked")).toBe(
      "More than one line was pasted for one answer. Use --file or --data-file for several lines.",
    );
  });

  it.each([
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("shows what is typed again after %s", async (signal, code) => {
    const terminal = ask(signal, "q");
    await terminal.sees("q (hidden): ");

    process.kill(Number(read(`${signal}.pid`)), signal);

    const seen = await terminal.sees("end\r\n");
    expect(seen).toMatch(new RegExp(`\x1b\\[\\?2004l[^]*code=${code}\r\nrest=\r\necho\r\nend`));
  });
});
