/** Finds a program as a shell does, and lets it replace this process. */

import { type ChildProcess, type ChildProcessByStdio, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { accessSync, constants as fileConstants, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { CliError } from "./failure.ts";

export interface ProgramCall {
  /** Path of the file. */
  readonly file: string;
  /** The program's name for itself (`argv[0]`). */
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
}

interface Descriptor {
  readonly number: number;
  /** What it refers to, such as `pipe:[4711]`. */
  readonly target: string;
  readonly isClosedByExec: boolean;
  readonly isReadOnly: boolean;
}

/** If the kernel refuses, `process.execve` dumps core. Instead, `env` prints one line, and ends with 126 or 127. */
const trampoline = "/usr/bin/env";

/**
 * Node ignores these. Ignored signals stay ignored in a program that replaces the process; those with a listener do
 * not.
 */
const ignoredByNode = ["SIGPIPE", "SIGXFSZ"] as const satisfies NodeJS.Signals[];

const forwarded = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT"] as const satisfies NodeJS.Signals[];

/** The kernel signals all processes of a group within microseconds. */
const groupMs = 20;

type Witness = ChildProcessByStdio<Writable, Readable, null>;

/** Linux and macOS accept at least 128 KiB of arguments and variables. */
const surelyTakenBytes = 100_000;
/** Linux's limit on one variable with its name: MAX_ARG_STRLEN in execve(2), without the final NUL. */
const maxVariableBytes = 131_071;

/** O_CLOEXEC and O_ACCMODE in /proc/self/fdinfo. */
const closeOnExec = 0o2000000;
const accessMode = 0o3;

/** @returns the program's path @throws CliError with a shell's exit codes, 127 and 126 */
export function findProgram(name: string, path: string): string {
  // An empty entry of PATH is the current folder.
  const candidates = name.includes("/") ? [name] : path.split(delimiter).map((dir) => join(dir || ".", name));
  const files = candidates.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  const found = files.find(isExecutable);
  if (found !== undefined) return found;
  if (files.length > 0) throw notExecutable(`${name} was found, but you may not execute it.`);
  throw new CliError(`The program ${name} was not found.`, "noProgram", "ERROR_EXEC");
}

/**
 * The descriptors from 3 on that this process was started with, and that Node has marked to be closed by exec. Must be
 * called before any others are opened. Empty on systems other than Linux, which do not list descriptors.
 */
export function inheritedDescriptors(): readonly number[] {
  const open = listDescriptors();
  // The event loop's first descriptor took the lowest free number, so all below it were inherited.
  const first = open.find(({ target }) => target === "anon_inode:[eventpoll]")?.number ?? 0;
  const targets = open.map(({ target }) => target);
  // Node holds both ends of the pipes that it makes for itself.
  const isPair = (target: string): boolean =>
    target.startsWith("pipe:") && targets.filter((other) => other === target).length > 1;
  // A parent Node that gave no standard input has left /dev/null open as well.
  const isOwn = ({ target, isReadOnly }: Descriptor): boolean =>
    target.startsWith("anon_inode:") || isPair(target) || (isReadOnly && target === "/dev/null");
  return open
    .filter((descriptor) => descriptor.isClosedByExec && (descriptor.number < first || !isOwn(descriptor)))
    .map(({ number }) => number);
}

/**
 * Replaces this process by the program if it can, like a shell's `exec`; then it does not return. Otherwise (an older
 * Node, or descriptors that only a child can get), it runs the program as a child with the same streams and signals.
 * @returns the exit code, or 128 plus the number of the signal that ended it
 * @throws CliError if the program does not start
 */
export async function runProgram(call: ProgramCall, descriptors: readonly number[]): Promise<number> {
  assertFits(call);
  if (descriptors.length === 0 && canUseTrampoline(call)) replaceProcess(call);
  return await runBeside(call, descriptors);
}

/** `env` takes a word with `=` for a variable. */
function canUseTrampoline({ file, name }: ProgramCall): boolean {
  return isExecutable(trampoline) && !`${file}${name}`.includes("=");
}

/** Returns only if Node is older than 22.15, or the system has no execve. */
function replaceProcess({ file, name, args, environment }: ProgramCall): void {
  if (process.execve === undefined) return;
  for (const signal of ignoredByNode) process.on(signal, () => undefined);
  for (const stream of [process.stdin, process.stdout, process.stderr]) letBlock(stream);
  // `env` searches the same PATH, if there is one.
  const target = environment["PATH"] === undefined ? file : name;
  process.execve(trampoline, [trampoline, "--", target, ...args], environment);
}

/** Node makes pipes non-blocking, and the program would inherit that. */
function letBlock(stream: object): void {
  const { _handle } = stream as { readonly _handle?: { readonly setBlocking?: (isBlocking: boolean) => void } };
  _handle?.setBlocking?.(true);
}

async function runBeside(call: ProgramCall, descriptors: readonly number[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let witness = startWitness();
  process.removeAllListeners("SIGINT");
  const forward = async (signal: NodeJS.Signals): Promise<void> => {
    // The witness at the time of the signal: another signal may start a new one meanwhile.
    const asked = witness;
    await setTimeout(groupMs, undefined, { ref: false });
    if (await answers(asked)) child.kill(signal);
    else if (witness === asked) witness = startWitness();
  };
  // Installed before the program starts: a signal in between would end only this process.
  for (const signal of forwarded) process.on(signal, () => void forward(signal));
  const child = startBeside(call, toStdio(descriptors));
  child.on("error", (error) => reject(notExecutable(`${call.name}: ${error.message}`)));
  child.on("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  try {
    return await promise;
  } finally {
    for (const signal of forwarded) process.removeAllListeners(signal);
    witness.kill("SIGKILL");
  }
}

/**
 * A signal to the whole process group (a terminal's Ctrl-C, a supervisor's) has already reached the program; a signal
 * to this process alone has not. A process cannot see the difference. So a second child, the witness, is started in the
 * group: if the signal ended it, the whole group was signalled. It ends by itself when this process does.
 */
function startWitness(): Witness {
  const script = "while read -r line; do echo; done";
  const witness = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"], env: {} });
  // Without a shell there is no witness, and every signal is passed on.
  witness.on("error", () => undefined);
  witness.stdin.on("error", () => undefined);
  return witness;
}

/** Whether the witness is alive. It must answer, because on a busy machine the event of its end may come late. */
async function answers(witness: Witness): Promise<boolean> {
  if (witness.pid === undefined) return true;
  if (witness.signalCode !== null || witness.exitCode !== null) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  witness.stdout.once("data", () => resolve(true));
  witness.once("exit", () => resolve(false));
  witness.stdin.write("\n");
  return await promise;
}

/** @throws CliError if the kernel refuses at once */
function startBeside({ file, name, args, environment }: ProgramCall, stdio: StdioOptions): ChildProcess {
  // LISTEN_PID must name the process that gets the sockets (sd_listen_fds): now the program, not this process.
  const isActivated = environment["LISTEN_PID"] === String(process.pid);
  const script = 'LISTEN_PID=$$ exec "$0" "$@"';
  try {
    return isActivated
      ? spawn("/bin/sh", ["-c", script, file, ...args], { env: environment, stdio })
      : spawn(file, args, { argv0: name, env: environment, stdio });
  } catch (error) {
    throw notExecutable(`${name}: ${(error as Error).message}`);
  }
}

/** Passes each descriptor on under its own number. */
function toStdio(descriptors: readonly number[]): StdioOptions {
  const last = Math.max(2, ...descriptors);
  return Array.from({ length: last + 1 }, (_, number) =>
    number <= 2 ? "inherit" : descriptors.includes(number) ? number : "ignore",
  );
}

/** Tries the arguments and variables on a program that does nothing. @throws CliError that names the variable */
function assertFits({ args, environment }: ProgramCall): void {
  const variables = Object.entries(environment).map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(`${name}=${value}`),
  }));
  const argumentBytes = args.reduce((sum, argument) => sum + Buffer.byteLength(argument), 0);
  if (variables.reduce((sum, { bytes }) => sum + bytes, argumentBytes) < surelyTakenBytes) return;
  // An interpreter, and the path of its script, may be added to the arguments.
  const slack = "x".repeat(4096);
  const { error } = spawnSync(process.execPath, ["--version", slack, ...args], { env: environment, stdio: "ignore" });
  if ((error as NodeJS.ErrnoException | undefined)?.code !== "E2BIG") return;
  const [largest = { name: "none", bytes: 0 }] = variables.sort((one, other) => other.bytes - one.bytes);
  const { name, bytes } = largest;
  throw notExecutable(
    bytes > maxVariableBytes
      ? `${name} is too large for an environment variable: ${bytes} bytes with its name; the system's limit is ${maxVariableBytes}.`
      : `The variables and arguments together are too large for the system; the largest variable is ${name}, with ${bytes} bytes.`,
  );
}

function listDescriptors(): readonly Descriptor[] {
  if (process.platform !== "linux") return [];
  const numbers = readdirSync("/proc/self/fd").map(Number);
  return numbers
    .filter((number) => number > 2)
    .sort((one, other) => one - other)
    .flatMap(readDescriptor);
}

function readDescriptor(number: number): readonly Descriptor[] {
  try {
    const [, flags = "0"] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8")) ?? [];
    const bits = Number.parseInt(flags, 8);
    const isClosedByExec = (bits & closeOnExec) !== 0;
    const isReadOnly = (bits & accessMode) === fileConstants.O_RDONLY;
    return [{ number, target: readlinkSync(`/proc/self/fd/${number}`), isClosedByExec, isReadOnly }];
  } catch {
    // The descriptor was that of the directory listing itself.
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, fileConstants.X_OK);
    return true;
  } catch {
    // `accessSync` throws if the file is not executable; another folder may have one that is.
    return false;
  }
}

function notExecutable(message: string): CliError {
  return new CliError(message, "notExecutable", "ERROR_EXEC");
}
