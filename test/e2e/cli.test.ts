/** The command line on the stack, mostly in this process. As processes and in terminals: test/deep/cli.test.ts. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen } from "../../tools/local/loopback.ts";
import { data, done, makeHome, password } from "../cli/home.ts";
import { stack, tokenFor } from "./service.ts";

const home = makeHome(stack.dir);
const { dataFile, secret, spawnSecret, answer, create, configured } = home;

afterAll(() => home.remove());

describe("without any configuration", () => {
  it("lists the samples of the local stack", async () => {
    const { code, stdout, stderr } = await secret(["list", "name~sample"]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // Other tests change it as well.
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      expect.stringMatching(/^SECRET_ID +NAME +PROVIDER +PROJECT_ID +VERSION +UPDATED_AT +TAGS$/),
      expect.stringMatching(/^secret-000000000001 {2}sample +aws +- +\d+ +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}env=/),
    ]);
  });

  it("says how to start a stack if none is running", async () => {
    const { code, stderr } = await secret(["list"], "", { LOCAL_DIR: join(home.path, "nowhere") });

    expect(code).toBe(6);
    expect(stderr).toContain("Start one with `npm start`");
  });
});

describe("commands", () => {
  it("set and remove single tags, and keep the others", async () => {
    await answer("create", "tagged", "--data-file", dataFile, "--tag", "env=prod", "--tag", "owner.name=Kim");

    const patched = await answer("update", "tagged", "--set-tag", "app\\.io/name=api", "--remove-tag", "owner.name");
    const mixed = await secret(["update", "tagged", "--no-tag", "--set-tag", "a=b"]);
    const valued = await secret(["update", "tagged", "--remove-tag", "env=prod"]);

    expect(patched).toMatchObject({ tags: { env: "prod", owner: {}, "app.io/name": "api" } });
    expect([mixed.code, valued.code]).toEqual([2, 2]);
    expect(mixed.stderr).toContain("they cannot be combined with --set-tag");
    expect(valued.stderr).toContain("takes only a key");
  });

  it("take a secret through its life", async () => {
    const made = await answer(
      "create",
      "life",
      "--data-file",
      dataFile,
      "--tag",
      "env=prod",
      "--schema",
      "aws_access_key",
    );
    const read = await answer("get-data", "life");
    const stored = await secret(["update-data", "life", "--data-stdin", "--expected-version", "1"], '{"a":"b"}');
    const changed = await answer("update", "life", "--name", "life-2", "--tag", "n:=1", "--project", "project-1");
    const bare = await answer("update", "name:life-2", "--no-tag", "--no-project");
    const shown = await answer("get", "life-2", "--only", "name,version,tags,project");
    const first = await secret(["get-data", "life-2", "--version", "1"]);
    const latest = await secret(["get-data", "life-2"]);
    const deleted = await answer("delete", "life-2");
    const gone = await secret(["get", "life-2"]);

    expect(made).toMatchObject({ name: "life", tags: { env: "prod" }, provider: "aws", version: 1 });
    expect(read).toMatchObject({ data, encrypted: false, version: 1, etag: expect.any(String) });
    expect(stored).toEqual(done);
    expect(changed).toMatchObject({ name: "life-2", tags: { n: 1 }, project_id: "project-1", version: 2 });
    expect(bare).toMatchObject({ tags: {}, project_id: null });
    expect(shown).toEqual({ name: "life-2", version: 2, tags: {}, project_id: null });
    expect(JSON.parse(first.stdout)).toEqual(data);
    expect(latest.stdout).toBe('{\n  "a": "b"\n}\n');
    expect(deleted).toEqual({});
    expect(gone.code).toBe(3);
  });

  it("print data for files and shells", async () => {
    const key = "-----BEGIN-----\nit's\n";
    await secret(["create", "files", "--data-stdin"], JSON.stringify({ key, n: { a: 1 } }));

    const [text, json, lines, missing, sealed] = await Promise.all([
      secret(["get-data", "files", "--field", "key"]),
      secret(["get-data", "files", "--field", "n"]),
      secret(["get-data", "files", "--env", "--prefix", "app_"]),
      secret(["get-data", "files", "--field", "nope"]),
      secret(["get-data", "files", "--sealed", "--field", "key"]),
    ]);

    expect(text).toEqual({ ...done, stdout: key });
    expect(json).toEqual({ ...done, stdout: '{"a":1}' });
    expect(lines).toEqual({
      ...done,
      stdout: `export APP_KEY='-----BEGIN-----\nit'\\''s\n'\nexport APP_N='{"a":1}'\n`,
    });
    expect(missing.stderr).toBe('secret: ERROR_NOT_FOUND: The data has no member "nope".\n');
    expect(sealed).toEqual({ ...done, stdout: key });
  });

  it.each([
    ["what a shell would evaluate", [], "a[$(touch evaluated; echo 0)]", { random: 0 }, 2, "controls what programs do"],
    [
      "what is there with another value",
      [],
      "you",
      { name: 0 },
      5,
      "NAME is already set in the environment. Use --override or",
    ],
    [
      "a forgotten prefix",
      ["--prefix"],
      "x",
      { name: 0 },
      2,
      '--prefix needs a text for variables\' names, and "--env" looks like an option.',
    ],
  ])("print no shell lines for %s", async (title, options, value, members, code, message) => {
    const content = Object.fromEntries(Object.keys(members).map((name) => [name, value]));
    await secret(["create", title, "--data-stdin"], JSON.stringify(content));

    const run = await secret(["get-data", title, ...options, "--env"], "", { NAME: "me" });

    expect([run.code, run.stdout]).toEqual([code, ""]);
    expect(run.stderr).toContain(message);
  });

  it("print shell lines that replace variables with --override, or avoid them with a prefix", async () => {
    await secret(["create", "lines", "--data-stdin"], '{"name":"you","random":"1+1"}');
    await secret(["create", "lines-user", "--data-stdin"], '{"user":"ada","password":"s3cr3t"}');

    const [replaced, prefixed] = await Promise.all([
      secret(["get-data", "lines-user", "--env", "--override"], "", { USER: "me" }),
      secret(["get-data", "lines", "--env", "--prefix", "s_"], "", { NAME: "me" }),
    ]);

    expect(replaced).toEqual({ ...done, stdout: "export USER='ada'\nexport PASSWORD='s3cr3t'\n" });
    expect(prefixed).toEqual({ ...done, stdout: "export S_NAME='you'\nexport S_RANDOM='1+1'\n" });
  });

  it("open sealed data only with the profile's KMS key", async () => {
    const own = JSON.parse(readFileSync(join(stack.dir, "stack.json"), "utf8")).key_id;
    const kind = { kind: "local", sealed: true };
    const config = configured({
      profiles: {
        right: { ...kind, kmsKey: own },
        wrong: { ...kind, kmsKey: "00000000-0000-0000-0000-000000000000" },
      },
    });

    const [right, wrong] = await Promise.all(
      ["right", "wrong"].map((name) => secret(["get-data", "sample", "--profile", name], "", config)),
    );

    expect(right?.code).toBe(0);
    expect([wrong?.code === 0, wrong?.stdout]).toEqual([false, ""]);
  });

  it("merge a trusted secret's data under the secret's own", async () => {
    await secret(["create", "below", "--data-stdin"], '{"a":"below","b":"below"}');
    await secret(["create", "above", "--data-stdin", "--trusted", "below"], '{"a":"above"}');

    expect(await answer("get-data", "above")).toMatchObject({ data: { a: "above", b: "below" } });
    expect((await secret(["delete", "below"])).code).toBe(5);
  });
});

describe("exact data", () => {
  const text = '{"id":1234567890123456789,"ratio":1.10,"10":[1e2,{"deep":0.30}]}';

  it("keeps all digits and the order, in both directions", async () => {
    await secret(["create", "exact", "--data-stdin"], text);
    await secret(["update-data", "exact", "--data-stdin"], `\ufeff${text}`);

    const [field, json, answered, lines, environment] = await Promise.all([
      secret(["get-data", "exact", "--field", "id"]),
      secret(["get-data", "exact"]),
      secret(["get-data", "exact", "--json"]),
      secret(["get-data", "exact", "--env"]),
      spawnSecret(["exec", "exact", "--", "sh", "-c", "echo $ID $RATIO"]),
    ]);

    expect(field.stdout).toBe("1234567890123456789");
    expect(json.stdout.replace(/\s/g, "")).toBe(text);
    expect(answered.stdout.replace(/\s/g, "")).toMatch(
      /^\{"data":\{"id":1234567890123456789,"ratio":1\.10,.*"version":2,/,
    );
    expect(lines.stdout).toContain("export RATIO='1.10'\n");
    expect(environment.stdout).toBe("1234567890123456789 1.10\n");
  });

  it("is refused if a member is named twice", async () => {
    const { code, stderr } = await secret(["create", "twice", "--data-stdin"], '{"password":"a","b":1,"password":"c"}');

    expect([code, stderr]).toEqual([
      2,
      'secret: ERROR_USAGE: The data (standard input) names one member twice (in "password").\n',
    ]);
  });
});

describe("a value from a file", () => {
  const key = "-----BEGIN-----\r\nit's\ttext\n-----END-----\n";

  beforeAll(() => {
    writeFileSync(join(home.path, "key.pem"), key);
    writeFileSync(join(home.path, "mark.txt"), "\ufeffmark");
    writeFileSync(join(home.path, "binary"), Buffer.from([0, 0xff, 0xfe]));
  });

  it("is stored unchanged, and comes back byte for byte", async () => {
    const files = ["--file", `key=${home.path}/key.pem`, "--file", `mark=${home.path}/mark.txt`, "--file", "note=-"];

    const made = await secret(["create", "from-files", ...files], "no line end");
    const back = await Promise.all(
      ["key", "mark", "note"].map((field) => secret(["get-data", "from-files", "--field", field])),
    );

    expect(made.code).toBe(0);
    expect(back.map(({ stdout }) => stdout)).toEqual([key, "\ufeffmark", "no line end"]);
  });

  it("can be combined with the members of a document", async () => {
    await secret(["create", "beside", "--data-stdin", "--file", `key=${home.path}/key.pem`], '{"user":"ada"}');

    expect(await answer("get-data", "beside")).toMatchObject({ data: { user: "ada", key } });
  });

  it.each([
    ["binary", ["--file", `b=${home.path}/binary`], "Encode it first"],
    ["not there", ["--file", `b=${home.path}/none`], "none cannot be read: no such file or directory (ENOENT)"],
    ["without a path", ["--file", password], "--file needs a member and a path"],
    ["standard input twice", ["--file", "a=-", "--data-stdin"], "Standard input can be read only once"],
    ["of a member given twice", ["--file", "a=-", "--file", `a=${home.path}/key.pem`], 'The member "a" is given twice'],
  ])("that is %s is refused", async (_title, options, message) => {
    const { code, stderr } = await secret(["create", "x", ...options], "");

    expect([code, stderr.includes(password)]).toEqual([2, false]);
    expect(stderr).toContain(message);
  });
});

describe("a byte order mark", () => {
  it("is ignored in data, query and configuration", async () => {
    writeFileSync(join(home.path, "marked.json"), `\ufeff${JSON.stringify(data)}`);
    writeFileSync(join(home.path, "query.json"), '\ufeff{"filter":[{"key":"name","operator":"eq","value":"sample"}]}');
    const config = configured({ profiles: { x: { kind: "local" } } });
    const path = join(config["XDG_CONFIG_HOME"] ?? "", "cloudforet-secret/config.json");
    writeFileSync(path, `\ufeff${readFileSync(path, "utf8")}`);

    const runs = await Promise.all([
      secret(["create", "marked", "--data-file", join(home.path, "marked.json")]),
      secret(["list", "--count", "--query", join(home.path, "query.json")]),
      secret(["profiles"], "", config),
    ]);

    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(runs[1]?.stdout).toBe("1\n");
  });

  it("of UTF-16 is reported", async () => {
    writeFileSync(join(home.path, "utf16.json"), Buffer.from(`\ufeff{}`, "utf16le"));

    expect((await secret(["create", "x", "--data-file", join(home.path, "utf16.json")])).stderr).toContain(
      "is in UTF-16",
    );
  });
});

describe.concurrent("list and stat", () => {
  beforeAll(async () => {
    const make = (name: string, ...args: readonly string[]) => create(name, "--domain", "domain-rows", ...args);
    await make("a-1", "--schema", "aws_access_key", "--tag", "env=prod", "--tag", "cost:=5");
    await make("a-2", "--schema", "aws_access_key", "--tag", "env=dev", "--tag", "cost=5");
    await make("b-\x1b[2J\x9b1m", "--schema", "azure_client_secret", "--tag", "note=\x1b]0;x\x07");
  });

  const names = async (...args: readonly string[]) => {
    const listed = (await answer("list", "--domain", "domain-rows", "--only", "name", ...args)) as {
      readonly results: readonly { readonly name: string }[];
    };
    return listed.results.map(({ name }) => name.slice(0, 3)).join(" ");
  };

  it.each([
    ["provider=aws", "a-1 a-2"],
    ["provider!=aws", "b-\x1b"],
    ["tags.cost=5", "a-1 a-2"],
    ["tags.cost<6", "a-1"],
    ["created>now-1h", "a-1 a-2 b-\x1b"],
    ["created<2020", ""],
    ["name=~^A-", "a-1 a-2"],
    ["tags.env!=*", "b-\x1b"],
  ])("find secrets by %s", async (filter, expected) => {
    expect(await names(filter)).toBe(expected);
  });

  it("sort, page and count", async () => {
    const [sorted, paged, either, all, count, part, cut] = await Promise.all([
      names("--sort", "-provider,-name"),
      names("--limit", "1", "--page", "2"),
      names("--or", "tags.env=prod", "--or", "name~b-"),
      names("--all"),
      secret(["list", "--domain", "domain-rows", "--count", "provider=aws"]),
      secret(["list", "--domain", "domain-rows", "--limit", "1", "--only", "name"]),
      secret(["list", "--domain", "domain-rows", "--limit", "1", "--json"]),
    ]);

    expect(sorted).toBe("b-\x1b a-2 a-1");
    expect(paged).toBe("a-2");
    expect(either).toBe("a-1 b-\x1b");
    expect(all.split(" ").sort()).toEqual(["a-1", "a-2", "b-\x1b"]);
    expect(count).toEqual({ ...done, stdout: "2\n" });
    const remark = "secret: 1 of 3 shown; --all shows all.\n";
    expect(part).toEqual({ ...done, stdout: "NAME\na-1\n", stderr: remark });
    expect(cut.stderr).toBe(remark);
    expect(JSON.parse(cut.stdout).results).toHaveLength(1);
  });

  it("show terminal control characters as text", async () => {
    const table = await secret(["list", "--domain", "domain-rows", "name~b-", "--only", "name,tags"]);
    const json = await secret(["list", "--domain", "domain-rows", "name~b-", "--json"]);

    expect(table.stdout).toBe("NAME             TAGS\nb-\\x1b[2J\\x9b1m  note=\\x1b]0;x\\x07\n");
    expect(json.stdout).not.toMatch(/[^\n -~]/);
  });

  it("count by fields", async () => {
    const { stdout } = await secret(["stat", "--domain", "domain-rows", "--by", "provider,tags.env"]);
    const months = await answer("stat", "--domain", "domain-rows", "--by", "created:year", "provider=aws");
    const whole = await secret(["stat", "--domain", "domain-rows", "--query", "-"], '{"distinct": "provider"}');
    const total = await secret(["stat", "--domain", "domain-rows"]);

    expect(stdout).toBe(
      "PROVIDER  TAGS_ENV  SECRETS\naws       dev       1\naws       prod      1\nazure     -         1\n",
    );
    expect(months).toEqual({ results: [{ created_at_year: String(new Date().getUTCFullYear()), secrets: 2 }] });
    expect(whole.stdout).toBe("VALUE\naws\nazure\n");
    expect(total.stdout).toBe("SECRETS\n3\n");
  });
});

describe("an expiry date", () => {
  it("can be a date or relative, is shown with its distance, and can be searched", async () => {
    const domain = ["--domain", "domain-expiry"];
    const soon = await create("soon", ...domain, "--expires", "now+12d");
    await create("later", ...domain, "--expires", "2999-01-01");
    await create("never", ...domain);

    const shown = await secret(["list", ...domain, "expires<now+30d", "--only", "name,expires_at"]);
    const months = await secret(["stat", ...domain, "--by", "expires:month", "expires>2990"]);
    const cleared = (await answer("update", soon, ...domain, "--expires", "never")) as { readonly expires_at: unknown };
    const unknown = await secret(["update", soon, ...domain, "--expires", "soon"]);

    expect(shown.stdout).toMatch(/^NAME {2}EXPIRES_AT\nsoon {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(in (12|11) days\)\n$/);
    expect(months.stdout).toBe("EXPIRES_AT_MONTH  SECRETS\n2999-01           1\n");
    expect(cleared.expires_at).toBeNull();
    expect(unknown).toMatchObject({ stdout: "", stderr: expect.stringContaining("expires_at") });
  });
});

describe.concurrent("exec", () => {
  let id: string;
  const run = async (...args: readonly string[]) => await spawnSecret(["exec", id, "--prefix", "s_", ...args]);

  beforeAll(async () => {
    id = await create("exec-own");
  });

  it("passes data and input to the program, and its exit code on", async () => {
    const call = [
      "exec",
      id,
      "--prefix",
      "s_",
      "--",
      "sh",
      "-c",
      'cat; echo "$S_USER $S_PASSWORD $1"; exit 7',
      "sh",
      "--json",
    ];

    expect(await spawnSecret(call, "in ")).toEqual({ ...done, code: 7, stdout: `in ada ${password} --json\n` });
  });

  it("passes data of several secrets, by id and by name, and runs nothing if one is missing", async () => {
    const region = join(mkdtempSync(join(home.path, "exec-")), "region");
    writeFileSync(region, "eu");
    await answer("create", "exec-other", "--file", `region=${region}`);
    const print = ["--", "sh", "-c", 'echo "$S_USER $S_REGION"'];

    const [both, absent] = await Promise.all([
      run("exec-other", ...print),
      spawnSecret(["exec", id, "exec-nobody", "exec-nobody-either", ...print]),
    ]);

    expect(both).toEqual({ ...done, stdout: "ada eu\n" });
    expect(absent).toEqual({
      ...done,
      code: 3,
      stderr: "secret: ERROR_NOT_FOUND: Resource cannot be found or access is denied. (name = exec-nobody)\n",
    });
  });
});

describe.concurrent("secret data", () => {
  it.each([
    [["create", "x", `{"password":"${password}"}`]],
    [["create", "x", "--data", `{"password":"${password}"}`]],
    [["create", "x", `--data={"password":"${password}"}`]],
    [["update-data", "sample", `{"password":"${password}"}`]],
    [["create", "x", `--datum={"password":"${password}"}`]],
  ])("is refused as an argument, without repeating it: %j", async (args) => {
    const { code, stdout, stderr } = await secret(args);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^secret: ERROR_USAGE: (Secret data is never read from arguments.*--data-file|unknown option '--datum'\n)/,
    );
    expect(stderr).not.toContain(password);
  });

  it.each([
    ["no JSON", `{"password":"${password}"`],
    ["no object", `["${password}"]`],
    ["nothing", ""],
    ["too much", `"${password}`.padEnd(4_000_000)],
  ])("that is %s is refused without repeating it", async (_title, input) => {
    const { code, stderr } = await secret(["create", "x", "--data-stdin"], input);

    expect(code).toBe(2);
    expect(stderr).not.toContain(password);
  });

  it("is asked for only on a terminal", async () => {
    const advice = "Use --data-file FILE, --data-stdin or --file MEMBER=FILE.";

    expect((await secret(["create", "x"])).stderr).toContain(`there is no terminal to ask for it. ${advice}`);
    expect((await secret(["create", "x", "--ask", "user"])).stderr).toContain(`--ask needs a terminal. ${advice}`);
  });
});

describe("profiles", () => {
  it("reach the service over HTTP with client credentials, a command's token, and the environment's", async () => {
    const { api: url, issuer } = stack;
    writeFileSync(join(home.path, "client-secret"), "client-secret\n", { mode: 0o644 });
    const clientCredentials = {
      tokenUrl: `${issuer}/token`,
      clientId: "ci",
      clientSecretFile: join(home.path, "client-secret"),
      scope: "secret:system",
    };
    const token = await tokenFor({ domain_id: "domain-sample", scope: "secret:read" });
    writeFileSync(join(home.path, "token"), token);
    const config = configured({
      defaultProfile: "credentials",
      profiles: {
        credentials: { kind: "http", url, domain: "domain-sample", clientCredentials },
        command: { kind: "http", url, tokenCommand: ["cat", join(home.path, "token")] },
        bare: { kind: "http", url },
        failing: { kind: "http", url, tokenCommand: ["false"] },
      },
    });
    const count = ["list", "--count", "name=sample"];

    const [warned, command, environment, direct, none, failing, forged, forbidden] = await Promise.all([
      secret(count, "", config),
      secret([...count, "--profile", "command"], "", config),
      secret(count, "", { ...config, SECRET_PROFILE: "bare", SECRET_TOKEN: token }),
      secret(count, "", { SECRET_URL: url, SECRET_TOKEN: token }),
      secret([...count, "--profile", "bare"], "", config),
      secret([...count, "--profile", "failing"], "", config),
      secret(count, "", { SECRET_URL: url, SECRET_TOKEN: `${token}x` }),
      secret(["get-data", "sample"], "", { SECRET_URL: url, SECRET_TOKEN: token }),
    ]);

    const path = join(home.path, "client-secret");
    expect(warned).toEqual({
      ...done,
      stdout: "1\n",
      stderr: `secret: Other users may read the client secret in ${path}; run \`chmod 600\` on it.\n`,
    });
    for (const run of [command, environment, direct]) expect(run).toEqual({ ...done, stdout: "1\n" });
    expect([none.code, failing.code, forged.code, forbidden.code]).toEqual([4, 4, 4, 4]);
    expect(forbidden.stderr).toMatch(/^secret: ERROR_PERMISSION_DENIED: .*\n$/);
  });

  it.skipIf(process.platform === "win32")("refuse a token command in a file that others may write", async () => {
    const http = { kind: "http", url: stack.api };
    const config = configured({ profiles: { command: { ...http, tokenCommand: ["touch", join(home.path, "ran")] } } });
    const harmless = configured({ defaultProfile: "local", profiles: { bare: http } });
    const path = join(config["XDG_CONFIG_HOME"] ?? "", "cloudforet-secret/config.json");
    chmodSync(path, 0o620);
    chmodSync(path.replace(config["XDG_CONFIG_HOME"] ?? "", harmless["XDG_CONFIG_HOME"] ?? ""), 0o622);

    const refused = await secret(["list", "--profile", "command"], "", config);
    const read = await secret(["list", "--count", "name=sample"], "", harmless);

    expect([refused.code, existsSync(join(home.path, "ran"))]).toEqual([2, false]);
    expect(refused.stderr).toBe(
      `secret: ERROR_CONFIGURATION: ${path} may be written by other users: \`chmod go-w\` it, ` +
        "because the tokenCommand of its profile command would run as you.\n",
    );
    expect(read).toEqual({ ...done, stdout: "1\n" });
  });

  it("are shown with their source, and without tokens", async () => {
    const config = configured({ profiles: { prod: { kind: "http", url: "https://secret.example.com/" } } });

    const { stdout } = await secret(["profiles", "--profile", "prod", "--json"], "", {
      ...config,
      SECRET_TOKEN: "t0ken",
    });
    const { stderr, code } = await secret(["list", "--profile", "prdo"], "", config);

    expect(JSON.parse(stdout).profiles).toEqual([
      {
        name: "prod",
        kind: "http",
        source: `${config["XDG_CONFIG_HOME"]}/cloudforet-secret/config.json`,
        used: "--profile",
        domain: null,
        where: "https://secret.example.com/",
        token: "SECRET_TOKEN",
      },
      {
        name: "local",
        kind: "local",
        source: "built in",
        used: null,
        domain: "domain-sample",
        where: join(stack.dir, "stack.json"),
        token: "the stack's issuer",
      },
    ]);
    expect([code, stderr]).toEqual([
      2,
      'secret: ERROR_CONFIGURATION: There is no profile "prdo" (--profile). The profiles are prod, local.\n',
    ]);
  });
});

describe.concurrent("failures", () => {
  it.each([
    [["get", "secret-00000000ffff"], 3, "ERROR_NOT_FOUND"],
    [["create", "sample", "--data-file", dataFile], 5, "ERROR_SAVE_UNIQUE_VALUES"],
    [["update-data", "sample", "--data-file", dataFile, "--expected-version", "9"], 5, "ERROR_VERSION_CONFLICT"],
    [["list", "name=~(?=a)"], 2, "ERROR_DB_QUERY"],
    [["list", "nane=x"], 2, "ERROR_USAGE"],
    [["list", "--limit", "0"], 2, "ERROR_USAGE"],
    [["list", "--all", "--limit", "5"], 2, "ERROR_USAGE"],
    [["update", "sample"], 2, "ERROR_USAGE"],
    [["lst"], 2, "ERROR_USAGE: unknown command 'lst' .Did you mean list"],
    [["exec", "sample", "sh", "-c", "true"], 2, "ERROR_USAGE: The -- before the program is missing"],
    [["exec", "sample", "--prefx=a", "--", "true"], 2, "ERROR_USAGE: unknown option '--prefx'"],
    [["get"], 2, "ERROR_USAGE"],
  ])("%j ends with %i, in one line and as JSON", async (args, code, name) => {
    const [line, json] = await Promise.all([secret(args), secret(["--json", ...args])]);

    expect([line.code, line.stdout, json.code, json.stdout]).toEqual([code, "", code, ""]);
    expect(line.stderr).toMatch(new RegExp(`^secret: ${name}[^\n]*\n$`));
    expect(line.stderr).not.toContain("\\n");
    expect(JSON.parse(json.stderr)).toMatchObject({
      detail: { code: name.split(":")[0], message: expect.any(String) },
    });
  });

  /** The URL of a port that was free a moment ago. */
  async function closedUrl(): Promise<string> {
    const server = createServer();
    const url = await listen(server as never, 0);
    await new Promise((resolve) => server.close(resolve));
    return url;
  }

  it("of a service that does not answer have their own exit code", async () => {
    const { code, stderr } = await secret(["list"], "", { SECRET_URL: await closedUrl(), SECRET_TOKEN: "token" });

    expect(code).toBe(6);
    expect(stderr).toMatch(/^secret: ERROR_UNAVAILABLE: The service does not answer\. \(http:.*: ECONNREFUSED\)\n$/);
  });
});

describe.concurrent("help", () => {
  it.each(["", "create", "get", "get-data", "exec", "update", "update-data", "delete", "list", "stat", "profiles"])(
    "of %j has examples or exit codes",
    async (command) => {
      const { code, stdout } = await secret([...(command === "" ? [] : [command]), "--help"]);

      expect(code).toBe(0);
      expect(stdout).toMatch(command === "" ? /Exit codes:\n +0 {2}success\n/ : /\nExamples?:\n {2}secret /);
    },
  );

  it("prints the package's version", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../client/package.json"), "utf8"));

    expect(await secret(["--version"])).toEqual({ ...done, stdout: `${version}\n` });
  });
});
