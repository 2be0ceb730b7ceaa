/** The command line as users run it: in processes, terminals and shells, on a whole local stack. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen } from "../../tools/local/loopback.ts";
import { type CliHome, data, done, makeHome, password } from "../cli/home.ts";
import { finished, startCli } from "../cli/run.ts";
import { hasTerminal, Terminal } from "../cli/terminal.ts";
import { drawCli } from "../support/picture/cli-picture.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

let stack: TestStack;
let home: CliHome;

beforeAll(async () => {
  stack = await startTestStack();
  home = makeHome(stack.dir);
});
afterAll(async () => {
  await stack.close();
  home.remove();
});

it("lists the samples of a fresh stack in aligned columns", async () => {
  const { code, stdout, stderr } = await home.secret(["list", "name~sample"]);

  const lines = stdout.split("\n").map((line) => line.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "(time)"));
  expect({ code, stderr, lines: lines.slice(0, 2) }).toEqual({
    code: 0,
    stderr: "",
    lines: [
      "SECRET_ID            NAME                        PROVIDER  PROJECT_ID  VERSION  UPDATED_AT            TAGS",
      "secret-000000000001  sample                      aws       -           1        (time)  env=dev",
    ],
  });
});

describe.concurrent("exec", () => {
  const id = "secret-000000000001";
  const run = async (...args: readonly string[]) => await home.spawnSecret(["exec", id, "--prefix", "s_", ...args]);

  it.each(["--prefix", "--domain", "--profile"])("refuses %s that took -- as its value", async (option) => {
    const { code, stdout, stderr } = await home.spawnSecret(["exec", option, "--", "echo", "--", "echo", "run"]);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/--prefix needs a text|An option before -- has no value/);
  });

  it("passes nothing else with --pristine", async () => {
    const { stdout } = await run("--pristine", "--", "env");

    expect(stdout).toBe("S_USER=ada\nS_PASSWORD=s3cr3t\n");
  });

  it("refuses variables that are already set, and two with the same name", async () => {
    const [taken, replaced, twice] = await Promise.all([
      home.spawnSecret(["exec", id, "--", "env"], "", { USER: "me" }),
      home.spawnSecret(["exec", id, "--override", "--", "sh", "-c", "echo $USER"], "", { USER: "me" }),
      home.spawnSecret(["exec", id, "sample-to-delete", "--", "env"]),
    ]);

    expect(taken.stderr).toContain("USER is already set in the environment");
    expect(replaced.stdout).toBe("ada\n");
    expect([taken.code, twice.code, twice.stdout]).toEqual([5, 5, ""]);
    expect(twice.stderr).toContain(`"user" of ${id} and "user" of sample-to-delete would both become USER.`);
  });

  it("ends with a shell's exit codes if the program cannot run, or a signal ends it", async () => {
    const [none, folder, killed, unnamed] = await Promise.all([
      run("--", "no-such-program"),
      run("--", home.dataFile),
      run("--", "sh", "-c", "kill -KILL $$"),
      home.spawnSecret(["exec", id, "env"]),
    ]);

    // A signal ends this process as it ends the program, which has replaced it.
    expect([none.code, folder.code, killed.signal, unnamed.code]).toEqual([127, 126, "SIGKILL", 2]);
    expect(unnamed.stderr).toContain("secret exec aws-prod -- aws s3 ls");
  });

  it.skipIf(process.platform !== "linux")("keeps data out of the arguments that ps shows (needs /proc)", async () => {
    const secretId = await home.create("exec-hidden");
    const script = 'tr "\\0" " " < /proc/$$/cmdline; printenv S_PASSWORD';

    const { stdout } = await home.spawnSecret(["exec", secretId, "--prefix", "s_", "--", "sh", "-c", script]);

    expect(stdout).toBe(`sh -c ${script} ${password}\n`);
  });
});

describe.concurrent("secret data", () => {
  it.skipIf(!hasTerminal)("is asked for without being shown (needs util-linux's script)", async () => {
    const terminal = new Terminal(
      `${home.path}/bin/secret create typed --ask user --ask password --json`,
      home.environment,
    );

    await terminal.sees("user (hidden): ");
    terminal.type("adx\x7fa\r");
    await terminal.sees("password (hidden): ");
    terminal.type(`wrong\x15${password}\r`);

    expect(await terminal.end()).toBe(0);
    expect(terminal.screen).not.toMatch(/s3cr3t|wrong/);
    expect(await home.answer("get-data", "typed")).toMatchObject({ data: { user: "ada", password } });
  });

  it.skipIf(!hasTerminal)("can be pasted as an object, and Ctrl-C aborts (needs util-linux's script)", async () => {
    const pasted = new Terminal(`${home.path}/bin/secret create pasted`, home.environment);
    await pasted.sees("Data, a JSON object (hidden): ");
    pasted.type(`${JSON.stringify(data)}\r`);
    const stopped = new Terminal(`${home.path}/bin/secret create stopped`, home.environment);
    await stopped.sees("Data, a JSON object (hidden): ");
    stopped.type(`{"password":"${password}\x03`);

    expect(await pasted.end()).toBe(0);
    expect(await stopped.end()).toBe(130);
    expect([pasted.screen, stopped.screen].join()).not.toContain(password);
    expect(await home.answer("get-data", "pasted")).toMatchObject({ data });
  });
});

describe("profiles", () => {
  it("can invoke the functions directly", async () => {
    const config = home.configured({
      profiles: { functions: { kind: "lambda", region: "us-east-1", stage: "local", domain: "domain-sample" } },
    });
    const variables = {
      ...config,
      SECRET_PROFILE: "functions",
      AWS_ENDPOINT_URL_LAMBDA: stack.description.lambda,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    };

    const found = await home.spawnSecret(["list", "--count", "name=sample"], "", variables);
    const missing = await home.spawnSecret(["get", "secret-00000000ffff"], "", variables);

    expect(found).toEqual({ ...done, stdout: "1\n" });
    expect(missing.code).toBe(3);
  });
});

describe.concurrent("failures", () => {
  it
    .skipIf(!existsSync("/dev/full"))
    .each([["get-data sample"], ["list"], ["profiles"], ["completion bash"], ["--help"]])(
    "of an output are one line and an exit code: %s (needs /dev/full)",
    async (command) => {
      const full = await finished(
        spawn("bash", ["-c", `"$1/bin/secret" ${command} > /dev/full`, "bash", home.path], { env: home.environment }),
      );

      const stderr = "secret: ERROR_OUTPUT: Standard output cannot be written: no space left on device (ENOSPC).\n";
      expect(full).toEqual({ ...done, code: 1, stderr });
    },
  );

  it("do not include a closed pipe", async () => {
    const script = `"$1/bin/secret" list | true; exit "\${PIPESTATUS[0]}"`;

    expect(await finished(spawn("bash", ["-c", script, "bash", home.path], { env: home.environment }))).toEqual(done);
  });

  it("after Ctrl-C are silent, with exit code 130", async () => {
    const connected = Promise.withResolvers<undefined>();
    const server = createServer(() => connected.resolve(undefined));
    const SECRET_URL = await listen(server as never, 0);
    const child = startCli(["list"], { environment: { ...home.environment, SECRET_URL, SECRET_TOKEN: "token" } });
    const ended = finished(child);
    await connected.promise;

    child.kill("SIGINT");

    expect(await ended).toEqual({ ...done, code: 130 });
    server.close();
  });
});

describe("the documentation", () => {
  it("shows what the command line really prints in its picture", async () => {
    const picture = readFileSync(join(import.meta.dirname, "../../docs/pictures/cli.svg"), "utf8");

    expect(await drawCli(stack.dir)).toBe(picture);
  });
});

describe("completion", () => {
  const script = () => `source <(secret completion bash)
words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _secret; printf '%s\\n' "\${COMPREPLY[@]}" | sort | paste -sd ' '; }
words secret up
words secret --json st
words secret update-data --sch
words secret create x --schema aws_ac
words secret list prov
words secret list provider = a
words secret list --sort -creat
words secret stat --by tag
words secret completion ''
words secret list --profile pr
words secret get-data --version ''
words secret import dot
words secret import json ${home.path}/dat
words secret import sealed x --kms-profile pr
words secret export x --plain
words secret exec x -- bas`;

  it("completes commands, options, fields and profiles in bash", () => {
    const config = home.configured({
      profiles: { prod: { kind: "local" }, proof: { kind: "local" }, test: { kind: "local" } },
    });
    const env = { ...home.environment, ...config, PATH: `${home.path}/bin:${home.environment["PATH"]}` };

    const output = execFileSync("bash", ["-c", script()], { env, encoding: "utf8" }).split("\n");

    expect(output.slice(0, -2)).toEqual([
      "update update-data",
      "stat",
      "--schema",
      "aws_access_key",
      "provider=",
      "",
      "-created -created_at",
      "tags",
      "bash zsh",
      "prod proof",
      "",
      "dotenv",
      home.dataFile,
      "prod proof",
      "--plaintext",
    ]);
    expect(output.at(-2)?.split(" ")).toContain("bash");
  });

  it.skipIf(!hasTerminal)("completes typed words in bash (needs util-linux's script)", async () => {
    const env = {
      ...home.environment,
      PATH: `${home.path}/bin:${home.environment["PATH"]}`,
      PS1: "",
      INPUTRC: "/dev/null",
      TERM: "dumb",
    };
    const shell = new Terminal("bash --norc --noprofile -i", env);
    shell.type('source <(secret completion bash); secret() { printf \'[%s]\' "$@"; }; PS1=rea"dy> "\n');
    await shell.sees("ready> ");

    shell.type("secret sta\t--by prov\t'created<now'\n");
    const seen = await shell.sees("[created<now]");
    shell.type("exit\n");

    expect(seen).toContain("[stat][--by][provider][created<now]");
    expect(await shell.end()).toBe(0);
  });

  it.skipIf(spawnSync("zsh", ["--version"]).error || !hasTerminal)(
    "completes typed words in zsh (needs zsh)",
    async () => {
      const env = { ...home.environment, PATH: `${home.path}/bin:${home.environment["PATH"]}`, TERM: "dumb" };
      const shell = new Terminal("zsh -f -i", env);
      shell.type("autoload -U compinit; compinit -D -u; source <(secret completion zsh)\n");
      shell.type('secret() { printf "[%s]" "$@"; }; PS1=rea"dy> "\n');
      await shell.sees("ready> ");

      for (const { typed, words } of [
        { typed: "secret sta\t--by prov\t", words: "[stat][--by][provider]" },
        { typed: "secret --json sta\t", words: "[--json][stat]" },
        { typed: "secret create x --schema aws_ac\t", words: "[create][x][--schema][aws_access_key]" },
        { typed: "secret get-data x --form\tdote\t", words: "[get-data][x][--format][dotenv]" },
        { typed: "secret import dote\tx.env", words: "[import][dotenv][x.env]" },
        { typed: "secret list tags\tenv=prod", words: "[list][tags.env=prod]" },
        { typed: "secret exec x --pre\ts_ -- basenam\t", words: "[exec][x][--prefix][s_][--][basename]" },
      ]) {
        shell.type(`${typed}\n`);
        await shell.sees(words);
      }
      shell.type("exit\n");
      expect(await shell.end()).toBe(0);
    },
  );
});
