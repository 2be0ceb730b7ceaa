/** The output of `get-data --format`, read by shells, Node, dotenv, and by the rules of Docker and GitHub's runner. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parse } from "dotenv";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { CliError } from "../../cli/failure.ts";
import { type FormatName, formatVariables } from "../../cli/formats.ts";

const dir = mkdtempSync(join(tmpdir(), "formats-"));
afterAll(() => rmSync(dir, { recursive: true }));

const piece = fc.oneof(
  fc.constantFrom(
    "'",
    '"',
    "`",
    "\\",
    "\n",
    "\r",
    "\r\n",
    "#",
    "=",
    " ",
    "\t",
    "$",
    "%",
    "::",
    "<<",
    "n",
    "A=b",
    "\u2028",
  ),
  fc.constantFrom(
    "$(touch run)",
    "`touch run`",
    "\\n",
    "'\nB='",
    "-----BEGIN KEY-----\n",
    "end_",
    "!h",
    "é漢😀",
    "\u0081\u0088",
  ),
  fc.string({ unit: "binary" }),
);
const value = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("").replaceAll("\0", "").toWellFormed());
const values = fc.array(value, { minLength: 1, maxLength: 40 });

type Reader = (text: string, names: readonly string[]) => readonly (string | undefined)[];

/** Each value that the format accepts comes back unchanged, and no other name appears. */
function assertReadBack(format: FormatName, read: Reader, numRuns: number): void {
  fc.assert(
    fc.property(values, (candidates) => {
      const taken = candidates.filter((candidate) => isTaken(format, candidate));
      const variables = new Map(taken.map((candidate, index) => [`V_${index}`, candidate]));

      const { text } = formatVariables(variables, format);

      expect(read(text, [...variables.keys()])).toEqual(taken);
    }),
    { numRuns },
  );
}

function isTaken(format: FormatName, candidate: string): boolean {
  try {
    formatVariables(new Map([["V", candidate]]), format);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    return false;
  }
}

function fromObject(object: { readonly [name: string]: string | undefined }, names: readonly string[]) {
  expect(Object.keys(object).sort()).toEqual([...names].sort());
  return names.map((name) => object[name]);
}

/**
 * As `docker run --env-file` reads it: one variable per line; # begins a comment line; all after the first = is the
 * value.
 */
const readDocker: Reader = (text, names) => {
  const lines = text.split("\n").filter((line) => line.trimStart() !== "" && !line.trimStart().startsWith("#"));
  return fromObject(
    Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).replace(/\r$/, "")]),
    ),
    names,
  );
};

/** As GitHub's runner reads the file: NAME<<END, lines, END. */
const readGithub: Reader = (text, names) => {
  // If no value was accepted, there is no line either.
  const lines = text === "" ? [] : text.split(/(?<=\n)/);
  const read: { [name: string]: string } = {};
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, name = "", end = ""] = /^(\w+)<<(\S+)\n$/.exec(line) ?? [];
    expect(end).toMatch(/^end_/);
    let content = "";
    for (line = lines.shift(); line !== undefined && line.replace(/\r?\n$/, "") !== end; line = lines.shift()) {
      content += line;
    }
    read[name] = content.replace(/\r?\n$/, "");
  }
  return fromObject(read, names);
};

describe("a value that a format accepts comes back unchanged", () => {
  it.each(["sh", "dash", "bash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0))(
    "from shell lines, which run nothing (%s)",
    (shell) => {
      const read: Reader = (text, names) => {
        writeFileSync(join(dir, "lines"), text);
        const shown = names.map((name) => `"$${name}"`).join(" ");
        const script = `eval "$(cat lines)"; printf '%s\\0' ${shown || "''"}; unset ${names.join(" ") || "V"}; . ./lines; printf '%s\\0' ${shown || "''"}`;
        const { stdout, stderr } = spawnSync(shell, ["-c", script], { cwd: dir });
        expect(String(stderr)).toBe("");
        const found = String(stdout).split("\0").slice(0, -1);
        expect(found.slice(0, names.length)).toEqual(found.slice(-names.length || found.length).slice(0, names.length));
        return found.slice(0, names.length);
      };

      assertReadBack("shell", read, 15);
      expect(existsSync(join(dir, "run"))).toBe(false);
    },
  );

  it("from a dotenv file, by Node", () => {
    assertReadBack("dotenv", (text, names) => fromObject(parseEnv(text), names), 300);
  });

  it("from a dotenv file, by the package dotenv", () => {
    assertReadBack("dotenv", (text, names) => fromObject(parse(text), names), 300);
  });

  it("from a dotenv file with bare and single-quoted values, read by a shell", () => {
    expect(formatVariables(new Map([["A", "x y"]]), "dotenv").text).toBe("A='x y'\n");
    expect(formatVariables(new Map([["A", "C:\\dir\\"]]), "dotenv").text).toBe("A=C:\\dir\\\n");
  });

  it("from a file for Docker", () => {
    assertReadBack("docker", readDocker, 300);
  });

  it("from a file for GitHub's runner", () => {
    assertReadBack("github", readGithub, 300);
  });
});

describe("a value that a format cannot hold is refused by the variable's name", () => {
  it.each([
    ["dotenv", "a\rb"],
    ["dotenv", 'it\'s `all` "three"'],
    ["dotenv", "a b\\"],
    ["docker", "two\nlines"],
    ["docker", "x".repeat(65_536)],
    ["github", "line\r"],
  ] as const)("%s: %j", (format, text) => {
    expect(() => formatVariables(new Map([["NAME_X", text]]), format)).toThrow(/^NAME_X cannot be written as/);
  });

  it("github: names that GitHub's runner reserves", () => {
    expect(() => formatVariables(new Map([["GITHUB_TOKEN", "x"]]), "github")).toThrow("GITHUB_TOKEN cannot be written");
  });
});

describe("github", () => {
  it("masks each line of each value, and uses another delimiter for each value", () => {
    const { text, masks } = formatVariables(
      new Map([
        ["A", "one\n\n100%\n"],
        ["B", "two"],
      ]),
      "github",
    );

    expect(masks).toBe("::add-mask::one\n::add-mask::100%25\n::add-mask::two\n");
    const ends = text.match(/(?<=<<)end_\S+/g) ?? [];
    expect(new Set(ends).size).toBe(2);
  });
});
