/**
 * Moves all wrapped data keys to another KMS key by KMS's ReEncrypt: no data key leaves KMS, and nothing is decrypted
 * here. The rows show what is left to do, so it can be interrupted at any moment and run again.
 */

import { DescribeKeyCommand, InvalidCiphertextException, type KMSClient, ReEncryptCommand } from "@aws-sdk/client-kms";
import type { Database } from "../../../lib/store/client.ts";
import { paced } from "./pace.ts";
import { replace, type WrappedKey, wrappedByOthers } from "./wrapped-key.ts";

export interface RewrapOptions {
  /** Id, ARN or alias of the new wrapping key. */
  readonly to: string;
  readonly perSecond: number;
  /** Only counts the rows to move. */
  readonly isDryRun: boolean;
  /** Ends it after the rows that are being moved. */
  readonly signal: AbortSignal;
  readonly onProgress: (sofar: Progress) => void;
}

export interface Progress {
  /** Rows found in the first pass, by the key that wrapped them. */
  readonly found: { [keyId: string]: number };
  moved: number;
  /** Rows that were deleted or moved by others meanwhile. */
  gone: number;
  /** Damaged rows, whose wrapped key KMS does not open. */
  readonly failed: WrappedKey["key"][];
  /** Whether a pass over all rows found none under another key, except failed ones. */
  isComplete: boolean;
}

type Tables = Database<"data" | "deleted">;

/** KMS's limit on a ciphertext blob. */
const maxWrappedKeyBytes = 6144;

/** How many rows are moved at a time. */
const width = 8;

/** Further passes find rows that writers add meanwhile under the old key. */
const maxPasses = 5;

/** @throws KMS's error if the key does not exist, is disabled or may not be used; ERROR_UNAVAILABLE */
export async function rewrap(database: Tables, kms: KMSClient, options: RewrapOptions): Promise<Progress> {
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: options.to }));
  if (key?.Arn === undefined || key.Enabled !== true) throw new Error(`The KMS key ${options.to} is not enabled.`);
  const progress: Progress = { found: {}, moved: 0, gone: 0, failed: [], isComplete: false };
  const passes = options.isDryRun ? 1 : maxPasses;
  for (let pass = 1; pass <= passes && !progress.isComplete && !options.signal.aborted; pass++) {
    progress.failed.length = 0;
    const met = await runPass(database, kms, key.Arn, progress, options);
    if (pass === 1) Object.assign(progress.found, met);
    const count = Object.values(met).reduce((sum, rows) => sum + rows, 0);
    progress.isComplete = count === progress.failed.length && !options.signal.aborted;
  }
  return progress;
}

/** Reads all rows once, and counts rows under other keys, by key. */
async function runPass(
  database: Tables,
  kms: KMSClient,
  to: string,
  progress: Progress,
  { perSecond, isDryRun, signal, onProgress }: RewrapOptions,
): Promise<Progress["found"]> {
  const rows = wrappedByOthers(database, to);
  const rest = isDryRun ? rows : paced(rows, perSecond, signal);
  const met: Progress["found"] = {};
  const work = async () => {
    for await (const row of rest) {
      met[row.keyId] = (met[row.keyId] ?? 0) + 1;
      if (!isDryRun) await move(kms, row, to, progress);
      onProgress(progress);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return met;
}

async function move(kms: KMSClient, row: WrappedKey, to: string, progress: Progress): Promise<void> {
  const bytes = await reEncrypt(kms, row, to);
  if (bytes === undefined) progress.failed.push(row.key);
  else if (await replace(row, bytes, to)) progress.moved += 1;
  else progress.gone += 1;
}

/** `undefined` if this is not a wrapped key of the row. The old key need not be named, because the blob names it. */
async function reEncrypt(kms: KMSClient, { bytes, context }: WrappedKey, to: string): Promise<Uint8Array | undefined> {
  if (bytes.length === 0 || bytes.length > maxWrappedKeyBytes) return undefined;
  try {
    const command = new ReEncryptCommand({
      CiphertextBlob: bytes,
      SourceEncryptionContext: context,
      DestinationKeyId: to,
      DestinationEncryptionContext: context,
    });
    return (await kms.send(command)).CiphertextBlob;
  } catch (error) {
    if (error instanceof InvalidCiphertextException) return undefined;
    throw error;
  }
}
