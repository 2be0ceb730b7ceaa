/**
 * Moves all wrapped data keys to another KMS key, by KMS ReEncrypt: no data key leaves KMS, and nothing is decrypted
 * here. The rows tell what is left to do: it can be ended at any moment and begun again.
 */

import { DescribeKeyCommand, InvalidCiphertextException, type KMSClient, ReEncryptCommand } from "@aws-sdk/client-kms";
import type { Database } from "../../../lib/store/client.ts";
import { paced } from "./pace.ts";
import { replace, type WrappedKey, wrappedByOthers } from "./wrapped-key.ts";

export interface RewrapOptions {
  /** Id, ARN or alias of the key that is to wrap all. */
  readonly to: string;
  readonly perSecond: number;
  /** Only counts what there is to do. */
  readonly isDryRun: boolean;
  /** Ends it after the rows that are being worked on. */
  readonly signal: AbortSignal;
  readonly onProgress: (sofar: Progress) => void;
}

/** Counts of rows. */
export interface Progress {
  /** Met at the first look, by the key that wrapped them. */
  readonly found: { [keyId: string]: number };
  moved: number;
  /** Deleted or moved by others meanwhile. */
  gone: number;
  /** Rows whose wrapped key KMS does not open: they are damaged. */
  readonly failed: WrappedKey["key"][];
  /** Whether a look at all rows found none under another key, but for those that failed. */
  isComplete: boolean;
}

type Tables = Database<"data" | "deleted">;

/** KMS's limit. */
const maxWrappedKeyBytes = 6144;

/** How many rows are worked on at a time. */
const width = 8;

/** Writers that still use the old key add rows while the others are moved. */
const maxPasses = 5;

/** @throws Error of KMS when the key is not there, is disabled or may not be used; ERROR_UNAVAILABLE */
export async function rewrap(database: Tables, kms: KMSClient, options: RewrapOptions): Promise<Progress> {
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: options.to }));
  if (key?.Arn === undefined || key.Enabled !== true) throw new Error(`The key ${options.to} is not enabled.`);
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

/** Looks at all rows once; counts those that it meets under other keys, by key. */
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

/** `undefined` for what is no wrapped key of this row. Names no key to open it with: the wrapped key does. */
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
