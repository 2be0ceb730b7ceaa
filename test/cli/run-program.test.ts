/** A program that replaces this process: signals, descriptors, dispositions and exit codes. Needs no service. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isThorough, someOf } from "../support/thorough.ts";
import { finished } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "run-program-"));
const source = JSON.stringify(join(import.meta.dirname, "../../cli/run-program.ts"));
const isLinux = process.platform === "linux";

/** `run.mjs MODE PROGRAM …`; `beside` is what a Node without execve does; `LARGE=N` makes a variable of that size. */
beforeAll(() => {
  const script = `import { findProgram, inheritedDescriptors, runProgram } from ${source};
const [mode, name, ...args] = process.argv.slice(2);
if (mode === "beside") process.execve = undefined;
const environment = { ...process.env };
if (environment.LARGE) Object.assign(environment, { LARGE: "x".repeat(Number(environment.LARGE)) });
if (environment.MANY) for (let n = 0; n < Number(environment.MANY); n++) environment["MANY_" + n] = "x".repeat(100_000);
try {
  const call = { file: findProgram(name, process.env.PATH), name, args, environment };
  process.exitCode = await runProgram(call, inheritedDescriptors());
} catch (error) {
  console.error(error.exit + ": " + error.message);
  process.exitCode = { notExecutable: 126, noProgram: 127 }[error.exit] ?? 1;
}`;
  writeFileSync(join(dir, "run.mjs"), script);
  // Written once: a program that starts while its file is rewritten would run half of it.
  writeFileSync(join(dir, "counter.mjs"), counter);
});

afterAll(() => rmSync(dir, { recursive: true }));

const modes = ["replaced", "beside"] as const;
/** The modes that most tests try. Tests of signals try both. */
const someModes = isThorough ? modes : (["replaced"] as const);

async function run(script: string, env: NodeJS.ProcessEnv = process.env) {
  const node = `'${process.execPath}' '${dir}/run.mjs'`;
  const child = spawn("bash", ["-c", script.replaceAll("RUN", node)], { env, cwd: dir, timeout: 20_000 });
  const { code, stdout, stderr } = await finished(child);
  return { code, stdout, stderr };
}

/** A program that reports when it listens, counts signals, and prints their number after the last one. */
const counter = `let n = 0;
for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => console.log("got " + ++n));
process.on("SIGUSR2", () => setTimeout(() => { console.log("in all " + n); process.exit(); }, 300));
setInterval(() => {}, 1000);
console.log("pid " + process.pid);`;

function startCounter(mode: string): ChildProcess & { said: (text: string) => Promise<string> } {
  const args = [join(dir, "run.mjs"), mode, process.execPath, join(dir, "counter.mjs")];
  // A process group of its own, as under a supervisor.
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let look = (): void => undefined;
  child.stdout?.on("data", (chunk) => {
    output += String(chunk);
    look();
  });
  const said = async (text: string): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    look = () => output.includes(text) && resolve(output);
    look();
    return await promise;
  };
  return Object.assign(child, { said });
}

describe.skipIf(process.platform === "win32").concurrent("a program that takes our place", () => {
  it.each(modes.flatMap((mode) => [[mode, "SIGTERM"] as const, [mode, "SIGINT"] as const]))(
    "gets a signal to the process group once (%s, %s)",
    async (mode, signal) => {
      const child = startCounter(mode);
      await child.said("pid ");

      process.kill(-Number(child.pid), signal);
      await child.said("got 1");
      process.kill(-Number(child.pid), "SIGUSR2");

      expect(await child.said("in all")).toContain("in all 1");
    },
  );

  it.each(modes)("gets a signal that was sent only to secret (%s)", async (mode) => {
    const child = startCounter(mode);
    await child.said("pid ");

    child.kill("SIGTERM");
    await child.said("got 1");
    child.kill("SIGUSR2");

    expect(await child.said("in all")).toContain("in all 1");
  });

  it.skipIf(!("execve" in process))("has the process id of secret if Node can replace a process", async () => {
    const child = startCounter("replaced");

    expect(await child.said("\n")).toBe(`pid ${child.pid}\n`);
    child.kill("SIGKILL");
  });

  it.skipIf(!isLinux).each(someModes)(
    "ignores no signal that was not ignored before (%s; needs /proc)",
    async (mode) => {
      expect((await run(`RUN ${mode} grep SigIgn /proc/self/status`)).stdout).toBe("SigIgn:\t0000000000000000\n");
      expect(await run(`RUN ${mode} sh -c 'yes | head -n 1'`)).toEqual({ code: 0, stdout: "y\n", stderr: "" });
    },
  );

  it.skipIf(!isLinux).each(someModes)("gets blocking streams, as they were before (%s; needs /proc)", async (mode) => {
    const { stderr } = await run(`true | RUN ${mode} sh -c 'grep flags /proc/self/fdinfo/[01] >&2' | cat`);

    // Without O_NONBLOCK, 04000.
    expect(stderr.match(/0\d+$/gm)?.map((flags) => Number.parseInt(flags, 8) & 0o4000)).toEqual([0, 0]);
  });

  it.skipIf(!isLinux).each(
    someOf(
      [
        ["a file", 'exec 3>out; RUN MODE sh -c "echo through >&3"; cat out'],
        ["one far from the others", 'exec 9>out; RUN MODE sh -c "echo through >&9"; cat out'],
        ["a job server's pipe", "mkfifo out; exec 3<>out 4>out; RUN MODE sh -c 'echo through >&4; head -n 1 <&3'"],
        [
          "a lock",
          'exec 9>lock; flock 9; RUN MODE sh -c "flock -n 9 && echo through"; exec 8>lock; flock -n 8 || echo held',
        ],
      ],
      1,
    ),
  )("keeps %s that secret was started with (%s; needs /proc)", async (title, script) => {
    for (const mode of someModes) {
      const { stdout, stderr } = await run(
        script.replaceAll("MODE", mode).replaceAll("out", `out-${title.slice(-4)}-${mode}`),
      );

      expect(stderr).toBe("");
      expect(stdout).toContain("through");
    }
  });

  it.skipIf(!isLinux)("finds its own process id in LISTEN_PID if it is given sockets (needs /proc)", async () => {
    const script = `exec 3</dev/null; exec env LISTEN_FDS=1 sh -c 'LISTEN_PID=$$ exec RUN replaced sh -c "test \\$LISTEN_PID = \\$\\$ && echo mine"'`;

    expect(await run(script)).toEqual({ code: 0, stdout: "mine\n", stderr: "" });
  });

  it.skipIf(!isLinux).each(someModes)("inherits nothing that Node opened (%s; needs /proc)", async (mode) => {
    const { stdout } = await run(`exec 3</dev/null; RUN ${mode} ls -l /proc/self/fd`);

    expect(stdout).not.toContain("anon_inode");
  });

  it.each(someModes)("ends with the exit codes of a shell (%s)", async (mode) => {
    writeFileSync(join(dir, "text"), "echo by a shell $1\n", { mode: 0o755 });
    writeFileSync(join(dir, "no-interpreter"), "#!/no/such/interpreter\n", { mode: 0o755 });
    writeFileSync(join(dir, "plain"), "", { mode: 0o644 });

    expect((await run(`RUN ${mode} sh -c 'exit 7'`)).code).toBe(7);
    expect((await run(`RUN ${mode} sh -c 'kill -KILL $$'; exit $?`)).code).toBe(137);
    expect(await run(`RUN ${mode} ./text x`)).toEqual({ code: 0, stdout: "by a shell x\n", stderr: "" });
    expect((await run(`RUN ${mode} no-such-program`)).code).toBe(127);
    expect((await run(`RUN ${mode} ./plain`)).code).toBe(126);
    const broken = await run(`RUN ${mode} ./no-interpreter`);
    expect([126, 127]).toContain(broken.code);
    expect(broken.stderr).toMatch(/^[^\n]+\n$/);
  });

  it.runIf(isThorough && isLinux).each(someModes)(
    "is refused with exit code 126 and the name of a variable that is too large (%s)",
    async (mode) => {
      const fits = await run(`RUN ${mode} true`, { ...process.env, LARGE: "131065" });
      const large = await run(`RUN ${mode} true`, { ...process.env, LARGE: "131066" });
      const many = await run(`RUN ${mode} true`, { ...process.env, MANY: "100" });

      expect(fits).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(large.code).toBe(126);
      expect(large.stderr).toBe(
        "notExecutable: LARGE is too large for an environment variable: 131072 bytes with its name; the system's limit is 131071.\n",
      );
      expect(many.code).toBe(126);
      expect(many.stderr).toMatch(
        /too large for the system; the largest variable is MANY_\d+, with 10000\d bytes\.\n$/,
      );
    },
  );
});
