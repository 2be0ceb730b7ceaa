/** Reads the members of unknown JSON, each named by its path in what is said of a mistake. */

import { isObject } from "../../lib/base/json.ts";
import { CliError } from "../failure.ts";

export type Members = { readonly [name: string]: unknown };

/** Tokens and data do not go over the network in the clear. @throws CliError */
export function parseUrl(text: string, path: string): string {
  const url = URL.parse(text);
  const isPrivate = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
  if (url === null || !isPrivate || url.username !== "" || url.password !== "") {
    throw malformed(path, "an https URL (http: for this machine only)");
  }
  return url.href;
}

/** Whether it is this machine's, in any way to write that: a URL's host is parsed already. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** @throws CliError */
export function getObject(value: unknown, path: string): Members {
  if (!isObject(value)) throw malformed(path, "an object");
  return value;
}

/** @throws CliError */
export function findText(members: Members, name: string, path: string): string | undefined {
  const value = members[name];
  if (value === undefined || isText(value)) return value;
  throw malformed(`${path}.${name}`, "a text");
}

/** @throws CliError */
export function getText(members: Members, name: string, path: string): string {
  const text = findText(members, name, path);
  if (text === undefined) throw malformed(`${path}.${name}`, "a text");
  return text;
}

/** @throws CliError naming the first that is not known: a typo must not pass silently */
export function assertKnown(members: Members, names: readonly string[], path: string): void {
  const other = Object.keys(members).find((name) => !names.includes(name));
  if (other !== undefined) {
    throw new CliError(`${path}.${other} is unknown; there are ${names.join(", ")}.`, "usage", "ERROR_CONFIGURATION");
  }
}

/** What is wrong with a member of the configuration. */
export function malformed(path: string, what: string): CliError {
  return new CliError(`${path} must be ${what}.`, "usage", "ERROR_CONFIGURATION");
}
