/**
 * The Python code of docs/envelope.md opens the vectors and sealed answers of the running service. Needs Debian's
 * python3-boto3 and python3-cryptography, which `.ci/run` installs.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { credentials } from "../../tools/local/folder.ts";
import { httpClient, newDomain, secret, stack } from "./service.ts";

const python = "/usr/bin/python3";
const hasLibraries = spawnSync(python, ["-c", "import boto3, cryptography"]).status === 0;

const page = readFileSync(new URL("../../docs/envelope.md", import.meta.url), "utf8");
const opener = /^```python\n(import hmac.*?)^```$/ms.exec(page)?.[1] ?? "";
const vectors: unknown = JSON.parse(readFileSync(new URL("../vectors/envelope.json", import.meta.url), "utf8"));

/** Runs the page's code, then a script that reads JSON as `given` and writes JSON by `tell`. */
function runPython(script: string, given: unknown): unknown {
  const frame = `${opener}\nimport sys\ngiven = json.load(sys.stdin)\n${script}\n`;
  const { AWS_ENDPOINT_URL_KMS: _, ...environment } = process.env;
  const env = {
    ...environment,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  return JSON.parse(execFileSync(python, ["-c", frame], { input: JSON.stringify(given), env, encoding: "utf8" }));
}

const openVectors = `
opened, refused, tried = 0, 0, 0
for vector in given:
    part = {name: bytes.fromhex(vector[name]) for name in ("nonce", "salt", "commitment", "encrypted_data")}
    part.update(encrypt_algorithm=SUITE, encrypt_context=vector["encryption_context"], encrypted_data_key=b"wrapped")
    unwrap = lambda wrapped, context: bytes.fromhex(vector["data_key"])
    opened += open_part(part, unwrap).decode() == vector["plaintext"]
    for name in ("nonce", "salt", "commitment", "encrypted_data"):
        whole = part[name]
        flipped = [whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :] for i in range(min(len(whole), 64)) for bit in range(8)]
        for damaged in [*flipped, whole[:-1], whole + b"\\0", b""]:
            tried += 1
            try:
                open_part({**part, name: damaged}, unwrap)
            except CorruptData:
                refused += 1
print(json.dumps([opened, refused == tried]))`;

const openAnswers = `
import boto3
unwrap = kms_unwrap(boto3.client("kms", endpoint_url=given["kms"], region_name="us-east-1"), given["key"])
def outcome(answer, expected):
    try:
        return open_answer(answer, expected, unwrap)
    except CorruptData:
        return "CorruptData"
print(json.dumps([outcome(answer, expected) for answer, expected in given["cases"]]))`;

describe.skipIf(!hasLibraries)("the opener in Python", () => {
  it("opens every vector, and none with a flipped bit or a part cut or made longer", () => {
    expect(runPython(openVectors, vectors)).toEqual([(vectors as readonly unknown[]).length, true]);
  });

  it("opens what the service seals, and refuses it for another secret, domain or trusted secret", async () => {
    const domain = newDomain();
    const client = await httpClient({ domain_id: domain });
    const trusted = await client.create({ ...secret, name: "trusted", data: { user: "shared", region: "eu" } });
    const own = await client.create({ ...secret, trusted_secret_id: trusted.secret_id, data: { user: "ada" } });
    const sealed = async (id: string) => await client.getData({ secret_id: id, sealed: true });
    const [ownAnswer, trustedAnswer] = [await sealed(own.secret_id), await sealed(trusted.secret_id)];
    const expected = { domain_id: domain, secret_id: own.secret_id };
    const { trusted_encrypted_data: _, ...dataAlone } = ownAnswer.data;

    const outcomes = runPython(openAnswers, {
      kms: stack.kms,
      key: stack.key_id,
      cases: [
        [ownAnswer, expected],
        [ownAnswer, { ...expected, version: "1" }],
        [trustedAnswer, { domain_id: domain, secret_id: trusted.secret_id }],
        [ownAnswer, { ...expected, version: "2" }],
        [ownAnswer, { ...expected, domain_id: newDomain() }],
        [ownAnswer, { secret_id: own.secret_id }],
        [trustedAnswer, expected],
        [{ ...ownAnswer, data: dataAlone }, expected],
      ],
    });

    const both = { user: "ada", region: "eu" };
    const refused = "CorruptData";
    const alone = { user: "shared", region: "eu" };
    expect(outcomes).toEqual([both, both, alone, refused, refused, refused, refused, refused]);
  });
});
