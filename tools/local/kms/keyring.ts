/** The local KMS's keys and what they do: wrap, unwrap, rotate, be switched off. Knows nothing of HTTP. */

import { randomBytes, randomUUID } from "node:crypto";
import { type EncryptionContext, openBlob, readHeader, sealBlob } from "./ciphertext-blob.ts";
import { type KeyFile, readKeyFile, type StoredKey, writeKeyFile } from "./key-file.ts";
import { KmsError } from "./kms-error.ts";

const materialBytes = 32;
const account = "000000000000";

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

  /** The key that an alias names, made with the alias where there is none. */
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

  /** Gives the key new material to wrap with; what the old one wrapped still opens. */
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
