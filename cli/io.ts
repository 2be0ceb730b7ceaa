/** The process as a command sees it: its streams and its environment. Tests give a command others. */

import { writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { isatty } from "node:tty";
import { getSystemErrorMap } from "node:util";
import { CliError } from "./failure.ts";

export type Environment = { readonly [name: string]: string | undefined };

export interface Output {
  readonly isTerminal: boolean;
  /** Writes all of it before it returns. @throws CliError where it cannot be written */
  readonly write: (text: string) => void;
}

export interface Io {
  readonly environment: Environment;
  readonly stdin: { readonly isTerminal: boolean; readonly read: () => AsyncIterable<Buffer> };
  readonly stdout: Output;
  readonly stderr: Output;
}

/** How long a reader that takes nothing just now is left alone. */
const retryMs = 5;

/** The process's own. Written by the system's calls: the streams of `node:process` do not tell of a disk that took a part. */
export function processIo(): Io {
  return {
    environment: process.env,
    stdin: { isTerminal: isatty(0), read: () => process.stdin },
    stdout: { isTerminal: isatty(1), write: (text) => writeOutput(text) },
    stderr: { isTerminal: isatty(2), write: (text) => writeRemark(text) },
  };
}

/** `path` is `-` for standard input. @throws CliError where it cannot be read, or is larger than `maxBytes` */
export async function readBytes({ stdin }: Io, path: string, maxBytes: number): Promise<Buffer> {
  if (path === "-") return await collect(stdin.read(), path, maxBytes);
  try {
    const file = await open(path);
    try {
      return await collect(file.createReadStream({ autoClose: false }), path, maxBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${path} cannot be read: ${reasonOf(error)}.`);
  }
}

/** What a path is called in errors. */
export function nameSource(path: string): string {
  return path === "-" ? "standard input" : path;
}

/**
 * The text of a JSON document. RFC 8259 section 8.1 lets a parser ignore a byte order mark, which Windows' tools write.
 * @throws CliError for what is not UTF-8; it never quotes the bytes
 */
export function decodeDocument(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new CliError(`${source} is ${isUtf16 ? "in UTF-16" : "not in UTF-8"}: save it as UTF-8.`);
  }
}

/** The text, all of it: a byte order mark too. @returns `undefined` where it is not in UTF-8 */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Of an error of the file system: `no such file or directory (ENOENT)`. */
export function reasonOf(error: unknown): string {
  const { code = "unknown error", errno = 0 } = error as NodeJS.ErrnoException;
  const [, meaning] = getSystemErrorMap().get(errno) ?? [];
  return meaning === undefined ? code : `${meaning} (${code})`;
}

async function collect(stream: AsyncIterable<Buffer>, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw new CliError(`${nameSource(path)} is too large: over ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whoever reads no further (`| head`) is no error of ours. */
function writeOutput(text: string): void {
  try {
    writeAll(1, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") throw new CliError("The reader went away.", "ok");
    throw new CliError(`Standard output cannot be written: ${reasonOf(error)}.`, "other", "ERROR_OUTPUT");
  }
}

function writeRemark(text: string): void {
  try {
    writeAll(2, text);
  } catch {
    // There is nowhere left to say so; the exit code tells what happened.
  }
}

/** A full disk takes a part without an error: only the next write tells. */
function writeAll(descriptor: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}
