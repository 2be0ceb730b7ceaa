/** The pure parts of the command line. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readStack } from "../../cli/connection.ts";
import { CliError, describeFailure, exitCodes, toFailure } from "../../cli/failure.ts";
import { toDistance } from "../../cli/output.ts";
import { parseProfile } from "../../cli/profile.ts";
import { indentJson, toLine, toTable, widthOf } from "../../cli/text.ts";
import { assertNew, isSteering, type NamedData, toVariables } from "../../cli/variables.ts";
import { toTags } from "../../cli/write.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { errors } from "../../lib/base/errors.ts";
import { membersOf } from "../../lib/base/json-text.ts";

function named(data: object): NamedData {
  return { reference: "db", members: membersOf({ text: JSON.stringify(data) }) };
}

describe("toDistance", () => {
  const now = new Date("2026-11-27T12:00:00.000Z");

  it.each([
    ["2026-12-09T12:00:00.000Z", "in 12 days"],
    ["2026-12-27T11:59:57.000Z", "in 30 days"],
    ["2026-11-29T11:59:59.999Z", "in 48 hours"],
    ["2026-11-27T13:59:00.000Z", "in 119 minutes"],
    ["2026-11-27T12:00:01.500Z", "in 2 seconds"],
    ["2026-11-27T12:00:00.000Z", "in 0 seconds"],
    ["2026-11-24T11:00:00.000Z", "3 days ago"],
    ["9999-12-31T00:00:00.000Z", "in 2,912,112 days"],
  ])("describes %s as %s", (date, words) => {
    expect(toDistance(new Date(date), now)).toBe(words);
  });
});

describe("toVariables", () => {
  it("makes names by the documented rule, and strings of values", () => {
    const data = { "db-user": "ada", "1st.key": 7, é: true, list: [1, null], o: { a: "b" }, none: null, x_Y9: "" };

    const variables = toVariables([named(data)], {});

    expect([...variables]).toEqual([
      ["DB_USER", "ada"],
      ["_1ST_KEY", "7"],
      ["_", "true"],
      ["LIST", "[1,null]"],
      ["O", '{"a":"b"}'],
      ["NONE", "null"],
      ["X_Y9", ""],
    ]);
  });

  it("keeps every digit of a number", () => {
    const members = membersOf({ text: '{"id":1234567890123456789,"list":[1.10,1e300]}' });

    expect([...toVariables([{ reference: "x", members }], {}).values()]).toEqual([
      "1234567890123456789",
      "[1.10,1e300]",
    ]);
  });

  it("keeps the case of names on request, and still refuses dangerous names", () => {
    const keepCase = true;

    expect([...toVariables([named({ "db-User": "ada" })], { keepCase })]).toEqual([["db_User", "ada"]]);
    expect(() => toVariables([named({ http_proxy: "x" })], { keepCase })).toThrow("http_proxy, which controls");
  });

  it("puts the prefix before each name", () => {
    expect([...toVariables([named({ "1": "x" })], { prefix: "my-" })]).toEqual([["MY_1", "x"]]);
  });

  it.each([
    ["two members of one secret", [{ a: 1, A: 2 }], "would both become A"],
    ["members of two secrets", [{ a: 1 }, { a: 1 }], "would both become A"],
    ["a member without a name", [{ "": 1 }], "its name is empty"],
    ["NUL in a value", [{ a: "x\0y" }], "NUL"],
    ["the loader's variables", [{ ld_preload: "/tmp/x.so" }], "LD_PRELOAD, which controls what programs do"],
    ["PATH", [{ Path: "/tmp" }], "PATH, which controls what programs do"],
    ["node's options", [{ "node-options": "--require=x" }], "NODE_OPTIONS, which controls what programs do"],
  ])("refuses %s", (_title, secrets, message) => {
    expect(() => toVariables(secrets.map(named), {})).toThrow(message);
  });

  it("never quotes a value in an error", () => {
    const data = { a: "s3cr3t\0" };

    expect(() => toVariables([named(data)], {})).not.toThrow("s3cr3t");
    expect(() => toVariables([named(data)], {})).toThrow(CliError);
  });
});

describe("assertNew", () => {
  it("refuses another value for a variable that is already set", () => {
    const present = { USER: "me", HOST: "db" };

    expect(() => assertNew(new Map([["USER", "ada"]]), present, "--prefix")).toThrow(
      "USER is already set in the environment. Use --prefix.",
    );
    expect(() =>
      assertNew(
        new Map([
          ["HOST", "db"],
          ["PORT", "1"],
        ]),
        present,
        "--prefix",
      ),
    ).not.toThrow();
  });
});

describe("isSteering", () => {
  // Attackers can run code by each of these, or change which certificates and servers a program trusts.
  it.each(
    `GIT_CONFIG_COUNT GIT_SSH_COMMAND MAKEFLAGS GNUMAKEFLAGS MAKEFILES TAR_OPTIONS NPM_CONFIG_NODE_OPTIONS PYTHONWARNINGS BROWSER
    ENV BASH_ENV BASH_FUNC_X PERL5OPT RUBYOPT LESSOPEN LESSCLOSE PAGER MANPAGER GIT_PAGER EDITOR VISUAL VIMINIT ZDOTDIR NODE_OPTIONS
    LUA_INIT PHPRC PHP_INI_SCAN_DIR JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS DOTNET_STARTUP_HOOKS CORECLR_PROFILER
    OPENSSL_CONF SSL_CERT_FILE HTTPS_PROXY CLASSPATH SSH_ASKPASS SUDO_ASKPASS LD_PRELOAD DYLD_INSERT_LIBRARIES GCONV_PATH
    RANDOM SRANDOM SECONDS OPTIND HISTCMD HISTFILE LINENO PS0 PS1 PS4 RPS1 PROMPT PROMPT_COMMAND RPROMPT TMOUT COLUMNS LINES UID
    SHLVL IFS PATH HOME SHELL CDPATH FPATH MAILPATH TERM TERMINFO GOFLAGS RUSTC_WRAPPER CARGO_HOME PSQLRC FZF_DEFAULT_COMMAND
    RSYNC_RSH PIP_INDEX_URL AWS_CONFIG_FILE KUBECONFIG NULLCMD
    REQUESTS_CA_BUNDLE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_EC2_METADATA_SERVICE_ENDPOINT
    GCC_EXEC_PREFIX COMPILER_PATH CAML_LD_LIBRARY_PATH NIX_CONFIG R_LIBS_USER SECRET_URL SECRET_TOKEN
    CLOUDSDK_PYTHON AZURE_CONFIG_DIR KUBECTL_EXTERNAL_DIFF HELM_PLUGINS TF_REATTACH_PROVIDERS GUILE_LOAD_PATH DIFF_PROG COMPOSE_FILE
    HTTPLIB2_CA_CERTS GRPC_DEFAULT_SSL_ROOTS_FILE_PATH VAULT_CACERT VAULT_SKIP_VERIFY PGSSLROOTCERT PGSERVICEFILE`.split(
      /\s+/,
    ),
  )("refuses %s", (name) => {
    expect(isSteering("", name)).toBe(true);
  });

  it("refuses the variables of bash, except for two that it does not evaluate", () => {
    const own = execFileSync("bash", ["--norc", "-c", "compgen -v"], { env: {}, encoding: "utf8" }).trim().split("\n");

    expect(own).toContain("RANDOM");
    expect(own.filter((name) => !isSteering("", name))).toEqual(["HOSTNAME", "_"]);
  });

  it.each(
    `USER PASSWORD HOST PORT URL TOKEN PRIVATE_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION GITHUB_TOKEN
    GITLAB_TOKEN GEMINI_API_KEY LDAP_PASSWORD MIXPANEL_TOKEN OPTIMIZELY_KEY SSH_PRIVATE_KEY GOOGLE_APPLICATION_CREDENTIALS TENANT_ID
    CLIENT_X509_CERT_URL MAIL TYPE PROJECT_ID MYSQL_PASSWORD PGPASSWORD DB_PATH DB_RANDOM CA_CERT VAULT_TOKEN VAULT_ADDR`.split(
      /\s+/,
    ),
  )("admits %s", (name) => {
    expect(isSteering("", name)).toBe(false);
  });
});

describe("isSteering for names with a prefix", () => {
  it.each(["DB_HOME", "DB_OPTIONS", "DB_HTTPS_PROXY", "DB_RANDOM", "DB_PATH"])("admits %s", (name) => {
    expect(isSteering("db_", name)).toBe(false);
  });

  it.each([
    ["aws_", "AWS_PAGER"],
    ["aws_", "AWS_CONFIG_FILE"],
    ["https_", "HTTPS_PROXY"],
    ["git_", "GIT_DIR"],
    ["ran", "RANDOM"],
  ])("refuses the %s variable %s", (prefix, name) => {
    expect(isSteering(prefix, name)).toBe(true);
  });
});

describe("toTags", () => {
  it.each([
    ["id:=4829384729384729384", "too many digits"],
    ['a:={"b":1,"b":2}', "names one member twice"],
  ])("refuses %s, which would lose information", (term, message) => {
    expect(() => toTags([term])).toThrow(message);
  });

  it("accepts strings, JSON, and dots as paths into objects", () => {
    expect(toTags(["env=prod", "cost:=12.5", "owner.name=Kim", "owner.level:=2", "url=a=b", "empty="])).toEqual({
      env: "prod",
      cost: 12.5,
      owner: { name: "Kim", level: 2 },
      url: "a=b",
      empty: "",
    });
  });

  it("accepts a dot within a key, written as \\.", () => {
    expect(toTags(["app\\.kubernetes\\.io/name=api"])).toEqual({ "app.kubernetes.io/name": "api" });
  });

  it("treats __proto__ as an ordinary key", () => {
    expect(JSON.stringify(toTags(["__proto__.a=b"]))).toBe('{"__proto__":{"a":"b"}}');
  });

  it.each(["env", "=x", "a:=no", "a:="])("refuses %s", (term) => {
    expect(() => toTags([term])).toThrow(term);
  });

  it.each([[["a=1", "a=2"]], [["a=1", "a.b=2"]], [["a.b=1", "a=2"]]])(
    "refuses %j, which set one tag twice",
    (terms) => {
      expect(() => toTags(terms)).toThrow("is already set");
    },
  );
});

describe("text on a terminal", () => {
  it.each([
    ["\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"],
    ["a\r\nb\tc", "a\\r\\nb\\tc"],
    ["\x9b31m\x7f", "\\x9b31m\\x7f"],
    ["user\u202egnp.exe", "user\\u202egnp.exe"],
    ["zero\u200bwidth", "zero\\u200bwidth"],
    ["\ud800", "\\ud800"],
    ["éclair 漢字 😀", "éclair 漢字 😀"],
  ])("has no terminal control for %j", (text, shown) => {
    expect(toLine(text)).toBe(shown);
  });

  it("stays equal JSON, without terminal controls", () => {
    const value = { name: "\x1b[31m\x9b\u202e\x7f\u{e0001}é" };

    const text = indentJson(JSON.stringify(value));

    expect(JSON.parse(text)).toEqual(value);
    expect(text).toBe('{\n  "name": "\\u001b[31m\\u009b\\u202e\\u007f\\udb40\\udc01é"\n}');
  });

  it("stays in its column, even with characters two or zero columns wide", () => {
    const columns = [
      { title: "NAME", of: (row: readonly string[]) => row[0] },
      { title: "X", of: (row: readonly string[]) => row[1] },
    ];

    const table = toTable(columns, [
      ["漢字", "1"],
      ["e\u0301", "2"],
      ["a\nb", "3"],
      ["", "4"],
    ]);

    expect(table).toBe("NAME  X\n漢字  1\ne\u0301     2\na\\nb  3\n-     4\n");
    expect(widthOf("漢e\u0301")).toBe(3);
  });

  it("has no terminal controls in a title or an error's code", () => {
    const failure = { exitCode: 1, code: "ERROR_\x1b[2J\x9b", message: "m\u202e" };

    expect(toTable([{ title: "T\x1b[2J", of: (row: string) => row }], ["1"])).toBe("T\\x1b[2J\n1\n");
    expect(describeFailure(failure, false)).toBe("secret: ERROR_\\x1b[2J\\x9b: m\\u202e\n");
    expect(describeFailure(failure, true)).toBe('{"detail":{"code":"ERROR_\\u001b[2J\\u009b","message":"m\\u202e"}}\n');
  });

  it("is cut to the width of a cell", () => {
    expect(toTable([{ title: "T", of: (row: string) => row }], ["漢字漢字"], 6)).toBe("T\n漢字…\n");
  });
});

describe("indentJson", () => {
  it("indents as JSON.stringify does, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // `JSON.stringify` writes -0 as 0, so the text is compared.
        const text = JSON.stringify(value);

        expect(JSON.parse(indentJson(text))).toEqual(JSON.parse(text));
      }),
    );
    const value = { a: [], b: {}, c: [1, { d: 'x,{}[]:\\"y' }], e: null };
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it("keeps every digit", () => {
    expect(indentJson('{"a":[1234567890123456789,1.10]}')).toBe(
      '{\n  "a": [\n    1234567890123456789,\n    1.10\n  ]\n}',
    );
  });
});

describe("toFailure", () => {
  const expected = new Map([
    [400, "usage"],
    [401, "denied"],
    [403, "denied"],
    [404, "notFound"],
    [409, "conflict"],
    [413, "usage"],
    [429, "unavailable"],
    [500, "other"],
    [503, "unavailable"],
    [504, "unavailable"],
  ] as const);

  it.each(Object.entries(errors))("%s has the exit code of its class", (code, { status }) => {
    const exit = expected.get(status as 400) ?? "missing";

    expect(toFailure(new SecretApiError(code, "m"))).toMatchObject({
      code,
      exitCode: Reflect.get(exitCodes, exit).code,
    });
  });

  it("uses the HTTP status for a code that it does not know", () => {
    expect(toFailure(new SecretApiError("ERROR_NEW", "m", { status: 409 })).exitCode).toBe(5);
  });
});

describe("a local stack", () => {
  const local = { api: "http://127.0.0.1:1", issuer: "http://[::1]:2", kms: "http://localhost:3", region: "us-east-1" };

  function read(stack: { readonly [name: string]: string }): unknown {
    const dir = mkdtempSync(join(tmpdir(), "stack-json-"));
    try {
      writeFileSync(join(dir, "stack.json"), JSON.stringify(stack));
      return readStack(join(dir, "stack.json"));
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  it.each(["http://127.0.0.1:1", "http://127.255.0.9", "http://127.1:8"])("may be at %s", (api) => {
    expect(read({ ...local, api })).toEqual({ ...local, api });
  });

  it.each(
    ["api", "issuer", "kms"].flatMap((name) =>
      [
        "https://example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://10.0.0.1",
        "x",
      ].map((url) => [name, url] as const),
    ),
  )("may not have its %s at %s", (name, url) => {
    expect(() => read({ ...local, [name]: url })).toThrow(`stack.json: ${name} must be a URL of this machine`);
  });
});

describe("a profile", () => {
  it("of kind lambda derives the functions' names from its stage", () => {
    const profile = parseProfile({ kind: "lambda", stage: "prod", functions: { list: "other" } }, "p");

    expect(profile).toMatchObject({ functions: { "get-data": "secret-prod-get-data", list: "other" } });
  });

  it.each([
    ["no object", [], "p must be an object"],
    ["no kind", {}, "p: kind must be"],
    ["a typo", { kind: "http", ulr: "x" }, "p: ulr is unknown"],
    ["a token", { kind: "http", url: "https://a", token: "x" }, "p: token is unknown"],
    ["a URL in the clear", { kind: "http", url: "http://example.com" }, "p: url must be an https URL"],
    ["a URL with a password", { kind: "http", url: "https://a:b@c" }, "p: url must be an https URL"],
    ["no functions", { kind: "lambda" }, "p: stage must be"],
    ["a command in one text", { kind: "http", url: "https://a", tokenCommand: "x y" }, "p: tokenCommand must be"],
    [
      "a client secret in it",
      {
        kind: "http",
        url: "https://a",
        clientCredentials: { tokenUrl: "https://a", clientId: "c", clientSecret: "s" },
      },
      "p: clientCredentials.clientSecret is unknown",
    ],
    [
      "no client secret",
      { kind: "http", url: "https://a", clientCredentials: { tokenUrl: "https://a", clientId: "c" } },
      "either clientSecretEnv or clientSecretFile",
    ],
  ])("with %s is refused", (_title, value, message) => {
    expect(() => parseProfile(value, "p")).toThrow(message);
  });
});
