/** Files as sources, and plaintext exports: what was written is read back unchanged. */

import { Readable } from "node:stream";
import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Io } from "../../../cli/io.ts";
import { csvSource } from "../../../cli/transfer/csv.ts";
import { parseDotenv } from "../../../cli/transfer/dotenv.ts";
import type { Entry, Found } from "../../../cli/transfer/entry.ts";
import { dotenvSource, type FileOptions, jsonSource, yamlSource } from "../../../cli/transfer/files.ts";
import { toPlaintext } from "../../../cli/transfer/plaintext.ts";
import { yamlToJson } from "../../../cli/transfer/yaml.ts";
import type { JsonObject } from "../../../lib/base/json.ts";
import { parseJsonText } from "../../../lib/base/json-text.ts";

type Source = (io: Io, options: FileOptions) => AsyncIterable<Found>;

const silent = { isTerminal: false, write: () => undefined };

async function read(source: Source, text: string, options: Partial<FileOptions> = {}): Promise<readonly Found[]> {
  const stdin = { isTerminal: false, read: () => Readable.from([Buffer.from(text)]) };
  const all: Found[] = [];
  for await (const found of source(
    { environment: {}, stdin, stdout: silent, stderr: silent },
    { from: "-", name: "it", ...options },
  )) {
    all.push(found);
  }
  return all;
}

const exact = fc.constantFrom("12345678901234567890.10", "1e300", "-0.0", "1.10", "0");
const json: fc.Arbitrary<string> = fc.letrec<{ readonly value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      exact,
      fc.json({ maxDepth: 1 }),
      fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
      fc.constantFrom('"012"', '"yes"', '"<<"', '"a\\n b\\n"', '"\\ud800"', "null"),
    ),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
  ),
})).value;
const members = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.constantFrom("1", "__proto__", "<<", "a.b")), json), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((all) => `{${all.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`);
const tags = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.boolean())),
) as fc.Arbitrary<JsonObject>;
const text = fc.option(fc.string(), { nil: undefined });
const entries = fc.uniqueArray(
  fc
    .record({
      path: fc.string({ unit: "grapheme" }),
      dataText: members,
      tags,
      schema: text,
      project_id: text,
      service_account_id: text,
      trusted: text,
      expires_at: text,
    })
    .map((fields): Entry => {
      const given = Object.entries(fields).filter(
        ([, value]) => value !== undefined && (typeof value === "string" || Object.keys(value).length > 0),
      );
      return { kind: "entry", ...Object.fromEntries(given) } as unknown as Entry;
    }),
  { selector: ({ path }) => path, maxLength: 4 },
);

/** In the form of `JsonText`: no whitespace, shortest escapes. */
function compact(all: readonly Entry[]): readonly Entry[] {
  return all.map((entry) => ({ ...entry, dataText: parseJsonText(entry.dataText).text }));
}

describe("a plaintext export", () => {
  it("comes back from json as it was, with metadata", async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (all) => {
        const once = (await read(jsonSource, await toPlaintext(all, "json"))) as readonly Entry[];

        expect(compact(once)).toEqual(compact(all));
        expect(await read(jsonSource, await toPlaintext(once, "json"))).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });

  it("comes back from yaml as it was, with metadata", async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (all) => {
        const once = (await read(jsonSource, await toPlaintext(all, "json"))) as readonly Entry[];

        expect(await read(yamlSource, await toPlaintext(once, "yaml"))).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });

  it("comes back from dotenv as it was, or is refused by the secret's name", async () => {
    let written = 0;
    const value = fc.string({
      unit: fc.constantFrom("a", "'", '"', "`", "\\", "\n", "\r", " ", "#", "$", "=", "\ud800", "ä"),
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[A-Z][\w.-]{0,5}$/), value), async (data) => {
        const entry: Entry = { kind: "entry", path: "it", dataText: JSON.stringify(data) };
        const outcome = await toPlaintext([entry], "dotenv").catch((error: Error) => error);

        if (outcome instanceof Error) {
          expect(outcome.message).toMatch(/^it: a dotenv file cannot hold its member "/);
          return;
        }
        written++;
        expect(await read(dotenvSource, outcome)).toEqual([entry]);
        expect(parse(outcome)).toEqual(data);
      }),
    );
    expect(written).toBeGreaterThan(10);
  });

  it.each([
    { document: '{"cloudforet_secret_export":2,"secrets":{}}', message: "this version cannot read" },
    { document: '{"cloudforet_secret_export":1}', message: 'lacks the object "secrets"' },
  ])("in another format is refused: $message", async ({ document, message }) => {
    await expect(read(jsonSource, document)).rejects.toThrow(message);
  });

  it.each([
    { secret: "1", reason: "must be a JSON object" },
    { secret: "{}", reason: "data is missing" },
    { secret: '{"data":{},"tags":[]}', reason: "tags must be an object" },
    { secret: '{"data":{},"schema":1}', reason: "schema must be a string" },
    { secret: '{"data":{},"tag":{}}', reason: "tag is not a known member" },
    { secret: '{"data":{},"tags":{"n":12345678901234567890}}', reason: "tags.n is a number that would be rounded" },
  ])("refuses only the secret with a fault: $reason", async ({ secret, reason }) => {
    const found = await read(jsonSource, `{"cloudforet_secret_export":1,"secrets":{"it":${secret}}}`);

    expect(found).toEqual([{ kind: "refused", path: "it", reason: expect.stringContaining(reason) }]);
  });
});

describe("a file", () => {
  it.each([
    { source: jsonSource, name: "json", document: '{"b":1.10,"a":{"x":true},"c":"t"}' },
    { source: yamlSource, name: "yaml", document: "b: 1.10\na: {x: true}\nc: t\n" },
  ])("becomes one secret, or one for each member: $name", async ({ source, document }) => {
    expect(await read(source, document)).toEqual([
      { kind: "entry", path: "it", dataText: '{"b":1.10,"a":{"x":true},"c":"t"}' },
    ]);
    expect(await read(source, document, { each: true })).toEqual([
      { kind: "entry", path: "b", dataText: '{"value":1.10}' },
      { kind: "entry", path: "a", dataText: '{"x":true}' },
      { kind: "entry", path: "c", dataText: '{"value":"t"}' },
    ]);
  });

  it("that sops encrypted is refused, with the command to decrypt it", async () => {
    await expect(read(yamlSource, "a: ENC[AES256_GCM]\nsops:\n  mac: x\n")).rejects.toThrow("sops --decrypt");
    await expect(read(dotenvSource, "a=ENC\nsops_mac=x\n")).rejects.toThrow("sops --decrypt");
  });

  it.each([
    { source: jsonSource, name: "json", document: '{"a":"s3cr3t"' },
    { source: jsonSource, name: "json", document: '{"s3cr3t":1,"s3cr3t":2}' },
    { source: yamlSource, name: "yaml", document: "a: s3cr3t: s3cr3t" },
    { source: dotenvSource, name: "dotenv", document: "s3cr3t" },
    { source: csvSource, name: "csv", document: 'title,a\nx,"s3cr3t' },
  ])("that cannot be parsed is not quoted in the error: $name", async ({ source, document }) => {
    const error = await read(source, document).catch((thrown: Error) => thrown.message);

    expect(error).toMatch(/^standard input/);
    expect(error).not.toContain(": s3cr3t");
    expect(error).not.toMatch(/s3cr3t"?[^)]*$/);
  });

  it("without a file name needs --name", async () => {
    await expect(read(jsonSource, "{}", { name: undefined })).rejects.toThrow("--name NAME");
  });
});

describe("dotenv", () => {
  it("is read as the package dotenv reads it, if that is unambiguous", () => {
    const file = `# comment\n\nexport A=1\nB = spaced value \nC='single $X \\n #1' # comment\nD="a\\nb"\nE=\`x"'\`\nF=\nG: yaml\nH='two\nlines'\r\nI=a # comment\n`;

    expect(Object.fromEntries(parseDotenv(file, "f"))).toEqual({ ...parse(file) });
  });

  it.each([
    { file: "A=1\nno assignment\n", fault: "line 2: this is not of the form NAME=value" },
    { file: "A=1\nB=2\nA=3", fault: "line 3: A is assigned a second time" },
    { file: "A='open\nB=2", fault: "line 1: a quote is not closed" },
    { file: "A='a' 'b'", fault: "line 1: more text follows a closing quote" },
    { file: "A=abc#def", fault: "line 1: some programs cut a value without quotes at its #" },
    { file: 'A="a\\"b"', fault: "line 1: programs read a backslash before a quote differently" },
  ])("is refused if programs read it differently, or the package skips it: $fault", ({ file, fault }) => {
    expect(() => parseDotenv(file, "f")).toThrow(fault);
  });
});

describe("yaml", () => {
  it.each([
    { yaml: "a: 12345678901234567890.10", text: '{"a":12345678901234567890.10}' },
    { yaml: "1: a\ntrue: b", text: '{"1":"a","true":"b"}' },
    { yaml: "a: 2026-01-01\nb: yes\nc: ~", text: '{"a":"2026-01-01","b":"yes","c":null}' },
    { yaml: "a: &x [1]\nb: *x", text: '{"a":[1],"b":[1]}' },
    { yaml: "a: |\n  pem\n  end\n", text: '{"a":"pem\\nend\\n"}' },
  ])("becomes JSON with all digits: $yaml", ({ yaml, text: expected }) => {
    expect(yamlToJson(yaml, "f")).toBe(expected);
  });

  const bomb = [
    "a0: &a0 [x,x,x,x,x,x,x,x,x]",
    ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(",")}]`),
  ].join("\n");

  it.each([
    { yaml: "pin: 012345", fault: "line 1: a number is not written as in JSON" },
    { yaml: "a: 1\nb: .inf", fault: "line 2: a number is not written as in JSON" },
    { yaml: "a: 1\na: 2", fault: "DUPLICATE_KEY" },
    { yaml: "a: !!binary aGk=", fault: "line 1: a value has no equivalent in JSON" },
    { yaml: "a: !custom b", fault: "TAG_RESOLVE_FAILED" },
    { yaml: "<<: {a: 1}", fault: "maps are merged" },
    { yaml: "? [a]\n: 1", fault: "a key is not a string" },
    { yaml: "---\na: 1\n---\nb: 1", fault: "several documents" },
    { yaml: "a: &a [*a]", fault: "aliases refer to themselves" },
    { yaml: bomb, fault: "aliases make the document too large" },
  ])("is refused if JSON has no equivalent: $fault", ({ yaml, fault }) => {
    expect(() => yamlToJson(yaml, "f")).toThrow(fault);
  });
});

describe("csv", () => {
  it.each([
    {
      manager: "1Password",
      csv: 'Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\nDB,https://x,ada,"a,""b\nc",otpauth://x,false,false,work; prod,\n',
      found: [
        {
          kind: "entry",
          path: "DB",
          dataText: '{"url":"https://x","username":"ada","password":"a,\\"b\\nc","totp":"otpauth://x"}',
          tags: { labels: ["work", "prod"] },
        },
      ],
    },
    {
      manager: "KeePassXC",
      csv: '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\n"Root/A","DB","ada","p","","","","0","2026","2026"\n',
      found: [{ kind: "entry", path: "Root/A/DB", dataText: '{"username":"ada","password":"p"}' }],
    },
    {
      manager: "KeePass",
      csv: '"Account","Login Name","Password","Web Site","Comments"\n"DB","ada","p","x","n"\n',
      found: [{ kind: "entry", path: "DB", dataText: '{"username":"ada","password":"p","url":"x","notes":"n"}' }],
    },
  ])("of $manager becomes one secret per line", async ({ csv, found }) => {
    expect(await read(csvSource, csv)).toEqual(found);
  });

  it("keeps both columns if they have the same common name", async () => {
    const [found] = await read(csvSource, "title,username,login name\nx,a,b\n");

    expect(found).toMatchObject({ dataText: '{"username":"a","login name":"b"}' });
  });

  it.each([
    { csv: "a,b\n1,2\n", message: "Use --name-from with one or more of a, b" },
    { csv: "title,title\n1,2\n", message: 'two columns "title"' },
    { csv: "title,b\n1\n", message: "line 2: this is not valid CSV" },
  ])("is refused: $message", async ({ csv, message }) => {
    await expect(read(csvSource, csv)).rejects.toThrow(message);
  });
});
