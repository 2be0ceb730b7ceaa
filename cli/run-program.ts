/** Finds a program as a shell does, and lets it take our place. */

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
  /** What the program is to see as its name. */
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
}

interface Descriptor {
  readonly number: number;
  /** What it stands for, as in `pipe:[4711]`. */
  readonly target: string;
  readonly isClosedByExec: boolean;
  readonly isReadOnly: boolean;
}

/** `process.execve` ends us with a core dump where the kernel refuses; `env` says it in one line, and ends with 126 or 127. */
const trampoline = "/usr/bin/env";

/** Node ignores them, and what is ignored stays so in a program that takes its place; what has a listener does not. */
const ignoredByNode = ["SIGPIPE", "SIGXFSZ"] as const satisfies NodeJS.Signals[];

const forwarded = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT"] as const satisfies NodeJS.Signals[];

/** The kernel reaches the rest of a process group within microseconds of us. */
const groupMs = 20;

type Witness = ChildProcessByStdio<Writable, Readable, null>;

/** Linux and macOS take at least 128 KiB of arguments and variables. */
const surelyTakenBytes = 100_000;
/** Of one variable with its name, on Linux: MAX_ARG_STRLEN in execve(2), without the NUL at its end. */
const maxVariableBytes = 131_071;

/** O_CLOEXEC and O_ACCMODE in /proc/self/fdinfo. */
const closeOnExec = 0o2000000;
const accessMode = 0o3;

/** @returns its path @throws CliError with a shell's exit codes, 127 and 126 */
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
 * Which descriptors from 3 on we were started with and would close: Node marks them so when it starts. To be asked before
 * any are opened. Where the system does not tell (only Linux does), none.
 */
export function inheritedDescriptors(): readonly number[] {
  const open = listDescriptors();
  // What the event loop opens first takes the lowest number that was free: all below it were there.
  const first = open.find(({ target }) => target === "anon_inode:[eventpoll]")?.number ?? 0;
  const targets = open.map(({ target }) => target);
  // Of the pipes that Node makes for itself it has both ends.
  const isPair = (target: string): boolean =>
    target.startsWith("pipe:") && targets.filter((other) => other === target).length > 1;
  // A Node that started us without an input has left /dev/null open besides.
  const isOwn = ({ target, isReadOnly }: Descriptor): boolean =>
    target.startsWith("anon_inode:") || isPair(target) || (isReadOnly && target === "/dev/null");
  return open
    .filter((descriptor) => descriptor.isClosedByExec && (descriptor.number < first || !isOwn(descriptor)))
    .map(({ number }) => number);
}

/**
 * Does not return where the program can take the place of this process, as a shell's `exec` does. Where it cannot (an
 * older Node, descriptors that only a child can be given), it runs beside, with our streams and signals.
 * @returns its exit code; 128 and the signal's number where one ended it. @throws CliError where it does not start
 */
export async function runProgram(call: ProgramCall, descriptors: readonly number[]): Promise<number> {
  assertFits(call);
  if (descriptors.length === 0 && canUseTrampoline(call)) replaceProcess(call);
  return await runBeside(call, descriptors);
}

/** For `env` a word with a `=` is a variable. */
function canUseTrampoline({ file, name }: ProgramCall): boolean {
  return isExecutable(trampoline) && !`${file}${name}`.includes("=");
}

/** Returns where Node is older than 22.15, or the system has no such thing. */
function replaceProcess({ file, name, args, environment }: ProgramCall): void {
  if (process.execve === undefined) return;
  for (const signal of ignoredByNode) process.on(signal, () => undefined);
  for (const stream of [process.stdin, process.stdout, process.stderr]) letBlock(stream);
  // `env` finds the name by the same PATH, where there is one.
  const target = environment["PATH"] === undefined ? file : name;
  process.execve(trampoline, [trampoline, "--", target, ...args], environment);
}

/** Whoever imports `node:process` makes its streams, and those on a pipe no longer block: the program shares that. */
function letBlock(stream: object): void {
  const { _handle } = stream as { readonly _handle?: { readonly setBlocking?: (isBlocking: boolean) => void } };
  _handle?.setBlocking?.(true);
}

async function runBeside(call: ProgramCall, descriptors: readonly number[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let witness = startWitness();
  process.removeAllListeners("SIGINT");
  const forward = async (signal: NodeJS.Signals): Promise<void> => {
    // The one that was there when the signal came: another signal may have brought in its successor since.
    const asked = witness;
    await setTimeout(groupMs, undefined, { ref: false });
    if (await answers(asked)) child.kill(signal);
    else if (witness === asked) witness = startWitness();
  };
  // Before the program is there: a signal in between would end us alone.
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
 * A signal to the whole process group (a terminal's Ctrl-C, a supervisor's) has reached the program already; one to us
 * alone has not. Nothing tells a process which it was, but a neighbour that such a signal ends. It ends with us by itself.
 */
function startWitness(): Witness {
  const script = "while read -r line; do echo; done";
  const witness = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"], env: {} });
  // Without a shell every signal is passed on.
  witness.on("error", () => undefined);
  witness.stdin.on("error", () => undefined);
  return witness;
}

/** Whether the witness lives: it is asked, since the news of its end can take any time on a loaded machine. */
async function answers(witness: Witness): Promise<boolean> {
  if (witness.pid === undefined) return true;
  if (witness.signalCode !== null || witness.exitCode !== null) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  witness.stdout.once("data", () => resolve(true));
  witness.once("exit", () => resolve(false));
  witness.stdin.write("\n");
  return await promise;
}

/** @throws CliError where the kernel refuses at once */
function startBeside({ file, name, args, environment }: ProgramCall, stdio: StdioOptions): ChildProcess {
  // LISTEN_PID names the process that gets the sockets (sd_listen_fds). So far that was ours.
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

/** Each at its own number. */
function toStdio(descriptors: readonly number[]): StdioOptions {
  const last = Math.max(2, ...descriptors);
  return Array.from({ length: last + 1 }, (_, number) =>
    number <= 2 ? "inherit" : descriptors.includes(number) ? number : "ignore",
  );
}

/** Tries it with a program that does nothing. @throws CliError that names the variable */
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
    // It was the listing's own.
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, fileConstants.X_OK);
    return true;
  } catch {
    // Said by throwing; another folder may have one that is.
    return false;
  }
}

function notExecutable(message: string): CliError {
  return new CliError(message, "notExecutable", "ERROR_EXEC");
}
