/** Reads the configuration file, and chooses the profile. */

import { closeSync, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CliError } from "./failure.ts";
import { decodeDocument, type Environment, reasonOf } from "./io.ts";
import { configurationSchema, type Profile, parseMembers, parseUrl } from "./profile.ts";

export interface NamedProfile {
  readonly name: string;
  readonly profile: Profile;
  /** Where it comes from: a file, an environment variable, or built in. */
  readonly source: string;
}

export interface Configuration {
  readonly path: string;
  readonly profiles: readonly NamedProfile[];
  readonly defaultProfile: string | undefined;
}

export interface Choice extends NamedProfile {
  /** Why this profile was chosen. */
  readonly reason: string;
}

interface ReadFile {
  readonly text: string;
  /** Why other users could write the file, and what helps; `undefined` if only the user and root can. */
  readonly distrust: string | undefined;
}

/** Follows the XDG Base Directory Specification, which ignores a relative path. */
export function configurationPath(environment: Environment): string {
  const base = environment["XDG_CONFIG_HOME"];
  const dir = base?.startsWith("/") ? base : join(environment["HOME"] || homedir(), ".config");
  return join(dir, "cloudforet-secret", "config.json");
}

/** Adds the built-in profiles: `local`, and `env` if SECRET_URL is set. The file may be missing. @throws CliError */
export function readConfiguration(environment: Environment): Configuration {
  const path = configurationPath(environment);
  const { text, distrust } = readFile(path) ?? { text: "{}", distrust: undefined };
  const { defaultProfile, profiles } = parseMembers(configurationSchema, parseJson(text, path), path);
  const own = Object.entries(profiles).map(([name, profile]) => ({ name, profile, source: path }));
  const running = own.find(({ profile }) => profile.kind === "http" && profile.tokenCommand !== undefined);
  if (distrust !== undefined && running !== undefined) {
    const message = `${path} ${distrust} it, because the tokenCommand of its profile ${running.name} would run as you.`;
    throw new CliError(message, "usage", "ERROR_CONFIGURATION");
  }
  const builtIn = builtInProfiles(environment).filter(({ name }) => !own.some((profile) => profile.name === name));
  return { path, profiles: [...own, ...builtIn], defaultProfile };
}

/** The first of: the option, SECRET_PROFILE, SECRET_URL, the file's default, `local`. @throws CliError */
export function chooseProfile(
  { profiles, defaultProfile, path }: Configuration,
  wanted: string | undefined,
  environment: Environment,
): Choice {
  const candidates: readonly (readonly [name: string | undefined, reason: string])[] = [
    [wanted, "--profile"],
    [environment["SECRET_PROFILE"] || undefined, "SECRET_PROFILE"],
    [environment["SECRET_URL"] && "env", "SECRET_URL"],
    [defaultProfile, `defaultProfile in ${path}`],
    ["local", "built in"],
  ];
  for (const [name, reason] of candidates) {
    if (name === undefined || name === "") continue;
    const found = profiles.find((profile) => profile.name === name);
    if (found !== undefined) return { ...found, reason };
    const names = profiles.map((profile) => profile.name).join(", ");
    throw new CliError(
      `There is no profile "${name}" (${reason}). The profiles are ${names}.`,
      "usage",
      "ERROR_CONFIGURATION",
    );
  }
  throw new TypeError("There is always the profile `local`.");
}

function builtInProfiles(environment: Environment): readonly NamedProfile[] {
  const local: NamedProfile = { name: "local", profile: { kind: "local" }, source: "built in" };
  const url = environment["SECRET_URL"];
  if (!url) return [local];
  return [{ name: "env", profile: { kind: "http", url: parseUrl(url, "SECRET_URL") }, source: "SECRET_URL" }, local];
}

/** @returns `undefined` if there is no file */
function readFile(path: string): ReadFile | undefined {
  try {
    return readTrusted(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CliError(`${path} cannot be read: ${reasonOf(error)}.`, "usage", "ERROR_CONFIGURATION");
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`${path} is not valid JSON.`, "usage", "ERROR_CONFIGURATION");
  }
}

/** Opens the file once, so that it checks the same file that it reads. @throws an error of the file system */
function readTrusted(path: string): ReadFile {
  const file = openSync(path, "r");
  try {
    return { distrust: findDistrust(fstatSync(file)), text: decodeDocument(readFileSync(file), path) };
  } finally {
    closeSync(file);
  }
}

/** Checks nothing on Windows, which has neither user ids nor modes. */
function findDistrust({ uid, mode }: Stats): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if (uid !== own && uid !== 0) return "belongs to another user: `chown`";
  return (mode & 0o022) === 0 ? undefined : "may be written by other users: `chmod go-w`";
}
