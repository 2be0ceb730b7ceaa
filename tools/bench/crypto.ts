/**
 * What the envelope costs beside bare AES-256-GCM and WebCrypto, and what a hit of the data-key cache costs:
 * `node tools/bench/crypto.ts`. Interleaved runs, medians; compare the ratios, not the microseconds.
 */

import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, webcrypto } from "node:crypto";
import { DataKeyCache } from "../../lib/crypto/data-key-cache.ts";
import { open, seal } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext, GeneratedDataKey, KeyService } from "../../lib/crypto/key-service.ts";

interface Candidate {
  readonly name: string;
  readonly run: () => unknown;
}

const rounds = 31;
const roundMs = 4;
const sizes = [
  { label: "1 KB", bytes: 1_000 },
  { label: "16 KB", bytes: 16_000 },
  { label: "384 KiB", bytes: 384 * 1024 },
] as const;
const context: EncryptionContext = { domain_id: "domain-58010aa2e451", secret_id: "secret-0123456789ab", version: "1" };
const aad = Buffer.from(JSON.stringify(context));
const rawKey = randomBytes(32);
const generated: GeneratedDataKey = { key: createSecretKey(rawKey), wrappedKey: randomBytes(184), keyId: "key" };
const webKey = await webcrypto.subtle.importKey("raw", rawKey, "AES-GCM", false, ["encrypt", "decrypt"]);

for (const { label, bytes } of sizes) {
  const plaintext = randomBytes(bytes);
  const sealed = seal(plaintext, generated, context);
  const bare = bareSeal(plaintext);
  const web = await webSeal(plaintext);
  await compare(`seal ${label}`, [
    { name: "AES-256-GCM, KeyObject", run: () => bareSeal(plaintext) },
    { name: "envelope", run: () => seal(plaintext, generated, context) },
    { name: "WebCrypto AES-GCM", run: async () => await webSeal(plaintext) },
  ]);
  await compare(`open ${label}`, [
    { name: "AES-256-GCM, KeyObject", run: () => bareOpen(bare) },
    { name: "envelope", run: () => open(sealed, generated.key, context) },
    { name: "WebCrypto AES-GCM", run: async () => await webOpen(web) },
  ]);
}

/** Answers at once: what is measured is the cache alone. */
const instantKeys: Pick<KeyService, "unwrapDataKey"> = { unwrapDataKey: async () => generated.key };
const cache = new DataKeyCache(instantKeys, { maxAgeMs: 300_000, maxKeys: 1_000, now: Date.now });
const wrappedKeys = Array.from({ length: 1_000 }, () => randomBytes(184));
const unwrap = async (wrappedKey: Uint8Array) => await cache.unwrapDataKey(wrappedKey, context);
await Promise.all(wrappedKeys.map(unwrap));
let call = 0;
await compare("unwrap a data key, 1,000 in the cache", [
  { name: "no cache, an instant key service", run: async () => await instantKeys.unwrapDataKey(rawKey, context) },
  { name: "a hit", run: async () => await unwrap(wrappedKeys[call++ % wrappedKeys.length] ?? rawKey) },
  { name: "a miss that makes another leave", run: async () => await unwrap(randomBytes(184)) },
]);

function bareSeal(plaintext: Uint8Array): { readonly nonce: Buffer; readonly encryptedData: Buffer } {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", generated.key, nonce).setAAD(aad);
  return { nonce, encryptedData: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
}

function bareOpen({ nonce, encryptedData }: ReturnType<typeof bareSeal>): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", generated.key, nonce).setAAD(aad);
  decipher.setAuthTag(encryptedData.subarray(-16));
  return Buffer.concat([decipher.update(encryptedData.subarray(0, -16)), decipher.final()]);
}

async function webSeal(plaintext: Uint8Array<ArrayBuffer>): Promise<{ nonce: Buffer<ArrayBuffer>; data: ArrayBuffer }> {
  const nonce = randomBytes(12);
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return { nonce, data: await webcrypto.subtle.encrypt(algorithm, webKey, plaintext) };
}

async function webOpen({ nonce, data }: Awaited<ReturnType<typeof webSeal>>): Promise<ArrayBuffer> {
  return await webcrypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: aad }, webKey, data);
}

/** Runs the candidates in turn, so that what else the machine does meets all of them; the first is the ratio's 1. */
async function compare(title: string, candidates: readonly Candidate[]): Promise<void> {
  const timed = candidates.map((candidate) => ({ ...candidate, samples: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { run, samples } of timed) {
      samples.push(await microsecondsPerCall(run));
    }
  }
  const medians = timed.map(({ samples }) => samples.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN);
  const lines = timed.map(({ name }, index) => {
    const median = medians[index] ?? Number.NaN;
    const ratio = median / (medians[0] ?? Number.NaN);
    return `  ${name.padEnd(34)} ${median.toFixed(1).padStart(8)} µs  ${ratio.toFixed(2).padStart(6)} ×\n`;
  });
  process.stdout.write(`${title}\n${lines.join("")}`);
}

async function microsecondsPerCall(run: () => unknown): Promise<number> {
  const start = performance.now();
  let calls = 0;
  for (; performance.now() - start < roundMs; calls += 1) {
    const result = run();
    // Waiting costs a turn of the loop, which only those who cannot do without shall pay.
    if (result instanceof Promise) {
      await result;
    }
  }
  return ((performance.now() - start) * 1_000) / calls;
}
