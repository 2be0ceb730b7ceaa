/** Makes environment variables of the members of secrets' data, and refuses dangerous names. Pure. */

import { CliError } from "./failure.ts";

export interface NamedData {
  /** The secret as the user named it. */
  readonly reference: string;
  /** Each member's value as JSON. */
  readonly members: ReadonlyMap<string, string>;
}

/** How variables are named. */
export interface Naming {
  /** Precedes each name. */
  readonly prefix?: string;
  /** Keeps lower case in names. */
  readonly keepCase?: boolean;
}

export type Variables = ReadonlyMap<string, string>;

/** Prefixes of whole families of names. */
const families = [
  // The loader and the C library; shells and terminals.
  "LD_ DYLD_ GLIBC_ GCONV_ MALLOC_ RES_OPTIONS BASH ZDOT HIST PROMPT RPROMPT SPROMPT COMP_ EPOCH TERM VIM EXINIT",
  // Languages, and what builds and installs for them.
  "NODE_ NPM_CONFIG_ YARN_ PNPM_ COREPACK_ DENO_ BUN_ TS_NODE_ ELECTRON_ PYTHON PIP_ UV_ CONDA_ VIRTUAL_ENV PERL RUBY GEM_",
  "BUNDLE_ PHP LUA_ JAVA_ _JAVA_ JDK_ DOTNET_ CORECLR_ COR_ COMPLUS_ CARGO_ RUSTC R_PROFILE R_ENVIRON R_LIBS NIX_ JULIA_ ERL_ MIX_ MAKEF GNUMAKEF",
  // Programs that start others.
  "GIT_ SVN_ HG_ RSYNC_ SSH_ASKPASS SSH_AUTH_SOCK SSH_SK_ LESS FZF_ ANSIBLE_ TF_CLI_ TF_PLUGIN_ TF_REATTACH_ PSQL_ PGSERVICE PGSYSCONF",
  "DOCKER_ COMPOSE_ SYSTEMD_ HELM_ KUBECTL_ KREW_ GUILE_ DIFF_PROG",
  // What they load, trust and ask.
  "OPENSSL_ SSL_CERT_ SSLKEYLOG CURL_ KRB5_ QT_ GTK_ GIO_ GST_ DBUS_ XDG_ AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE",
  "AWS_ENDPOINT_URL AWS_CONTAINER_ AWS_EC2_METADATA_ CLOUDSDK_ AZURE_CONFIG_ AWS_CA_BUNDLE REQUESTS_CA_ HTTPLIB2_CA_ GRPC_DEFAULT_SSL_ VAULT_CA VAULT_SKIP_ VAULT_TLS_ PGSSL",
];

/** Endings of variables that programs run as commands, with any prefix: `AWS_PAGER`, `BORG_PASSCOMMAND`. */
const commandEndings = ["PAGER EDITOR BROWSER ASKPASS COMMAND CMD _RSH"];

/** Endings that may steer an unknown program. Refused only without a prefix, when the secret chooses the whole name. */
const otherEndings = ["OPTS OPTIONS OPT FLAGS _ARGS _PRELOAD _WRAPPER _RUNNER _PROXY HOME INIT"];

/** Single names. Most belong to shells, which evaluate some as arithmetic on assignment, and run commands in them. */
const names = [
  "ENV SHELL IFS PWD OLDPWD UID EUID GID EGID PPID SHLVL GROUPS DIRSTACK HOSTTYPE MACHTYPE OSTYPE ARGC REPLY RANDOM SRANDOM",
  "SECONDS LINENO PIPESTATUS FUNCNAME FUNCNEST TMOUT TIMEFORMAT TIMEFMT TTYIDLE KEYTIMEOUT COLUMNS LINES ERRNO SAVEHIST",
  "OPTIND OPTERR OPTARG DIRSTACKSIZE LISTMAX LOGCHECK MAILCHECK PERIOD BAUD REPORTTIME REPORTMEMORY TRY_BLOCK_ERROR TRY_BLOCK_INTERRUPT",
  "GLOBIGNORE EXECIGNORE FIGNORE IGNOREEOF POSIXLY_CORRECT CHILD_MAX POSTEDIT FCEDIT VISUAL TMPDIR MAKE MAKELEVEL CC CXX",
  "HOSTALIASES LOCALDOMAIN RESOLV_HOST_CONF TZDIR GOENV GOAUTH GOPROXY GOSUMDB GONOSUMDB GOINSECURE GOVCS GOROOT GOTOOLCHAIN GOTOOLDIR GOBIN",
  "GCC_EXEC_PREFIX COMPILER_PATH CMAKE_TOOLCHAIN_FILE CONFIG_SITE NNN_OPENER LYNX_CFG GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
  // Where this command line itself connects to.
  "SECRET_URL SECRET_TOKEN SECRET_PROFILE",
  "KUBECONFIG BOTO_CONFIG RIPGREP_CONFIG_PATH MODULE_PATH HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY",
];

/** `PATH` and similar (`CDPATH`, `CLASSPATH`), names like `VIMRC`, and numbered prompts. */
const shapes = "[^_]*PATH|.*LIBRARY_PATH|[^_]+RC|R?PS[0-9]";

const either = (rows: readonly string[]): string => `(?:${rows.join(" ").replaceAll(" ", "|")})`;
const known = new RegExp(`^(?:${either(families)}.*|.*${either(commandEndings)}|${either(names)}|${shapes})$`);
const suspect = new RegExp(`${either(otherEndings)}$`);

/**
 * The variables by name. A name is `prefix` plus the member's name, in upper case unless `keepCase`. Characters other
 * than ASCII letters, digits and `_` become `_`, and a leading digit gets `_` before it. Strings are taken as they are,
 * other values as JSON.
 * @throws CliError if two members get the same name, if a name or value is not possible, or if a name would steer
 *   programs
 */
export function toVariables(secrets: readonly NamedData[], naming: Naming): Variables {
  const found = new Map<string, { readonly value: string; readonly origin: string }>();
  for (const { reference, members } of secrets) {
    for (const [member, content] of members) {
      const origin = `"${member}" of ${reference}`;
      const name = toName(naming, member, origin);
      const earlier = found.get(name)?.origin;
      if (earlier !== undefined) throw new CliError(`${earlier} and ${origin} would both become ${name}.`, "conflict");
      found.set(name, { value: toValue(content, origin), origin });
    }
  }
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

/** @throws CliError if a variable would replace another value; `remedies` says what helps */
export function assertNew(
  variables: Variables,
  present: { readonly [name: string]: string | undefined },
  remedies: string,
): void {
  const taken = [...variables].find(([name, value]) => Object.hasOwn(present, name) && present[name] !== value)?.[0];
  if (taken !== undefined)
    throw new CliError(`${taken} is already set in the environment. Use ${remedies}.`, "conflict");
}

/** A string as it is, any other value as JSON with all its digits. */
export function toText(json: string): string {
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function toName({ prefix = "", keepCase = false }: Naming, member: string, origin: string): string {
  const written = `${prefix}${member}`.replace(/[^A-Za-z0-9_]/gu, "_").replace(/^(?=\d)/, "_");
  const name = keepCase ? written : written.toUpperCase();
  if (name === "") throw new CliError(`${origin} cannot become a variable, because its name is empty. Use --prefix.`);
  // Programs read `http_proxy` as well as HTTP_PROXY.
  if (isSteering(prefix, name.toUpperCase()))
    throw new CliError(`${origin} would become ${name}, which controls what programs do. Use --prefix.`);
  return name;
}

function toValue(json: string, origin: string): string {
  const text = toText(json);
  if (text.includes("\0"))
    throw new CliError(`${origin} contains a NUL character, which no environment variable can hold.`);
  return text;
}

/**
 * Whether an attacker who sets this variable could run code, or intercept connections, where it is used. No list of
 * such names is ever complete. Only a prefix that no program uses makes a secret's names safe for certain.
 */
export function isSteering(prefix: string, name: string): boolean {
  return known.test(name) || (prefix === "" && suspect.test(name));
}
