/** The replacement of the SDK's SHA-256 gives the same results. */

import { createHash, createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { Sha256Node } from "../../../tools/deploy/sha256.ts";

const parts = ["GET\n", "é", ""].map((part) => Buffer.from(part));
const text = Buffer.concat(parts);
const secret = Buffer.from("0123456789abcdef0123456789abcdef");

function withParts(hash: Sha256Node): Sha256Node {
  for (const part of parts) hash.update(part);
  return hash;
}

it("the bundled SHA-256 hashes as Node does", async () => {
  const digest = await withParts(new Sha256Node()).digest();

  expect(Buffer.from(digest)).toEqual(createHash("sha256").update(text).digest());
});

it("the bundled SHA-256 continues after a digest", async () => {
  const hash = withParts(new Sha256Node());
  await hash.digest();
  hash.update(text);

  const digest = await hash.digest();

  expect(Buffer.from(digest)).toEqual(createHash("sha256").update(text).update(text).digest());
});

it.each<[string, string | ArrayBuffer | NodeJS.ArrayBufferView]>([
  ["text", secret.toString()],
  ["bytes", secret],
  ["a part of a buffer", Uint8Array.from(Buffer.concat([secret, secret])).subarray(8, 40)],
  ["an ArrayBuffer", Uint8Array.from(secret).buffer],
])("the bundled SHA-256 makes the HMAC of a key that is %s", async (_kind, key) => {
  const expected = createHmac("sha256", key as Buffer)
    .update(text)
    .digest();

  const digest = await withParts(new Sha256Node(key)).digest();

  expect(Buffer.from(digest)).toEqual(expected);
});

it.each([undefined, secret])("the bundled SHA-256 starts again after a reset", async (key) => {
  const hash = withParts(new Sha256Node(key));
  hash.reset();

  const digest = await withParts(hash).digest();

  expect(digest).toEqual(await withParts(new Sha256Node(key)).digest());
});
