/** The process as a command sees it: streams and environment. Tests pass their own. */

import { writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { isatty } from "node:tty";
import { getSystemErrorMap } from "node:util";
import { CliError } from "./failure.ts";

export type Environment = { readonly [name: string]: string | undefined };

export interface Output {
  readonly isTerminal: boolean;
  /** Returns when all of it is written. @throws CliError if it cannot be written */
  readonly write: (text: string) => void;
}

export interface Io {
  readonly environment: Environment;
  readonly stdin: { readonly isTerminal: boolean; readonly read: () => AsyncIterable<Buffer> };
  readonly stdout: Output;
  readonly stderr: Output;
}

/** The wait before another write to a reader whose pipe is full. */
const retryMs = 5;

/** The real process. Writes by system calls, because the streams of `node:process` hide a full disk. */
export function processIo(): Io {
  return {
    environment: process.env,
    stdin: { isTerminal: isatty(0), read: () => process.stdin },
    stdout: { isTerminal: isatty(1), write: (text) => writeOutput(text) },
    stderr: { isTerminal: isatty(2), write: (text) => writeRemark(text) },
  };
}

/** @param path `-` is standard input. @throws CliError if it cannot be read, or is larger than `maxBytes` */
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

/** The name of a path in error messages. */
export function nameSource(path: string): string {
  return path === "-" ? "standard input" : path;
}

/**
 * Decodes a JSON document. RFC 8259 section 8.1 lets a parser ignore a byte order mark, which tools on Windows write.
 * @throws CliError if it is not UTF-8; the error never quotes the bytes
 */
export function decodeDocument(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new CliError(`${source} is ${isUtf16 ? "in UTF-16" : "not in UTF-8"}: save it as UTF-8.`);
  }
}

/** Decodes text, and keeps a byte order mark. @returns `undefined` if it is not UTF-8 */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Describes an error of the file system: `no such file or directory (ENOENT)`. */
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

/** If the reader stops early (`| head`), that is not an error. */
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
    // There is nowhere left to report this. The exit code still shows how the command ended.
  }
}

/** A full disk accepts a part without an error; only the next write fails. */
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
