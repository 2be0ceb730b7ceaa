/** The local KMS's keys, and the file that keeps them across restarts. Knows nothing of HTTP. */

import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { reasonOf } from "../folder.ts";
import { type EncryptionContext, openBlob, readHeader, sealBlob } from "./ciphertext-blob.ts";
import { KmsError } from "./kms-error.ts";

const materialBytes = 32;
const account = "000000000000";

export interface StoredKey {
  readonly id: string;
  readonly createdAt: string;
  enabled: boolean;
  /** Key material in base64, the oldest first. A rotation adds one; the last one wraps. */
  readonly generations: string[];
}

/** The file's content; only its owner may read it. */
interface KeyFile {
  readonly keys: StoredKey[];
  /** The key id of each alias (`alias/…`). */
  readonly aliases: { [alias: string]: string };
}

const keyFileSchema: v.GenericSchema<unknown, KeyFile> = v.strictObject({
  keys: v.array(
    v.strictObject({
      id: v.pipe(v.string(), v.uuid()),
      createdAt: v.pipe(v.string(), v.isoTimestamp()),
      enabled: v.boolean(),
      generations: v.pipe(v.array(v.string()), v.minLength(1)),
    }),
  ),
  aliases: v.record(v.string(), v.string()),
});

/** The keys of one file. Every change is on disk before its method returns. */
export class Keyring {
  readonly #path: string;
  readonly #region: string;
  readonly #content: KeyFile;

  constructor(path: string, region: string) {
    this.#path = path;
    this.#region = region;
    this.#content = readKeyFile(path);
  }

  createKey(): StoredKey {
    const key = { id: randomUUID(), createdAt: new Date().toISOString(), enabled: true, generations: [newMaterial()] };
    this.#content.keys.push(key);
    this.#save();
    return key;
  }

  /** @throws AlreadyExistsException, NotFoundException */
  createAlias(alias: string, keyId: string): void {
    if (Object.hasOwn(this.#content.aliases, alias)) {
      throw new KmsError("AlreadyExistsException", `An alias with the name ${alias} already exists`);
    }
    this.#content.aliases[alias] = this.getKey(keyId).id;
    this.#save();
  }

  /** The key of an alias. Creates both if the alias does not exist. */
  ensureAlias(alias: string): StoredKey {
    if (!Object.hasOwn(this.#content.aliases, alias)) {
      this.createAlias(alias, this.createKey().id);
    }
    return this.getKey(alias);
  }

  /**
   * Finds a key by its id, its ARN, an alias or an alias's ARN.
   * @throws NotFoundException
   */
  getKey(name: string): StoredKey {
    const local = name.replace(/^arn:aws:kms:[^:]*:[^:]*:(key\/)?/, "");
    const id = Object.hasOwn(this.#content.aliases, local) ? this.#content.aliases[local] : local;
    const key = this.#content.keys.find((candidate) => candidate.id === id);
    if (key === undefined) {
      const arn = local.startsWith("alias/") ? `arn:aws:kms:${this.#region}:${account}:${local}` : this.arn(local);
      throw new KmsError("NotFoundException", `${local.startsWith("alias/") ? "Alias" : "Key"} '${arn}' is not found.`);
    }
    return key;
  }

  setEnabled(key: StoredKey, enabled: boolean): void {
    key.enabled = enabled;
    this.#save();
  }

  /** Adds new key material to wrap with. Blobs under the old material still open. */
  rotate(key: StoredKey): void {
    key.generations.push(newMaterial());
    this.#save();
  }

  /** @throws DisabledException */
  wrap(key: StoredKey, plaintext: Uint8Array, context: EncryptionContext): Buffer {
    this.#assertEnabled(key);
    const generation = key.generations.length - 1;
    return sealBlob({ keyId: key.id, generation }, getMaterial(key, generation), plaintext, context);
  }

  /** @throws DisabledException, InvalidCiphertextException */
  unwrap(blob: Buffer, context: EncryptionContext): { readonly key: StoredKey; readonly plaintext: Buffer } {
    const { keyId, generation } = readHeader(blob);
    const key = this.#content.keys.find((candidate) => candidate.id === keyId);
    if (key === undefined) {
      throw new KmsError("InvalidCiphertextException");
    }
    this.#assertEnabled(key);
    return { key, plaintext: openBlob(blob, getMaterial(key, generation), context) };
  }

  arn(keyId: string): string {
    return `arn:aws:kms:${this.#region}:${account}:key/${keyId}`;
  }

  #assertEnabled(key: StoredKey): void {
    if (!key.enabled) {
      throw new KmsError("DisabledException", `${this.arn(key.id)} is disabled.`);
    }
  }

  #save(): void {
    writeKeyFile(this.#path, this.#content);
  }
}

function newMaterial(): string {
  return randomBytes(materialBytes).toString("base64");
}

function getMaterial(key: StoredKey, generation: number): Buffer {
  const material = key.generations[generation];
  if (material === undefined) {
    throw new KmsError("InvalidCiphertextException");
  }
  return Buffer.from(material, "base64");
}

/**
 * Reads the keys; there are none if the file does not exist.
 * @throws Error that names the file, if it cannot be read or is damaged: new keys would make all stored data unreadable
 */
function readKeyFile(path: string): KeyFile {
  const text = readOrNull(path);
  if (text === null) return { keys: [], aliases: {} };
  try {
    return v.parse(keyFileSchema, JSON.parse(text));
  } catch (cause) {
    throw new Error(`The local KMS's key file ${path} is damaged. Restore it, or start with --fresh.`, { cause });
  }
}

/** `null` if there is no such file. A file that cannot be read may still be intact, so it must not be replaced. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (Reflect.get(Object(cause), "code") === "ENOENT") return null;
    throw new Error(`The local KMS's key file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}

/** Replaces the file at once, so that it always has either the old keys or the new ones. */
function writeKeyFile(path: string, content: KeyFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify(content, null, 2), { mode: 0o600, flush: true });
  renameSync(draft, path);
}
