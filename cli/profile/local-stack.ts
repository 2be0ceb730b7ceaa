/** The local stack as it describes itself: `npm start` writes `stack.json`. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Route, routes } from "../../lib/http/routes.ts";
import { CliError } from "../failure.ts";
import type { Environment } from "./configuration.ts";
import { getObject, getText, isLoopback, malformed } from "./members.ts";
import type { LocalProfile } from "./profile.ts";

export interface LocalStack {
  readonly api: string;
  readonly issuer: string;
  readonly kms: string;
  readonly region: string;
}

/** The tenant of the seeded samples. */
export const sampleDomain = "domain-sample";

/** What a token of the local issuer may do, where the profile does not say. */
export const allScopes: string = [...new Set(Object.keys(routes).map((route) => routes[route as Route].scope))].join(
  " ",
);

/** Nobody checks them, but an AWS client signs with some. */
export const localCredentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

/** The issuer gives a token to anybody. */
export const localClient = { clientId: "local", clientSecret: "local" } as const;

export function stackPath({ dir }: LocalProfile, { LOCAL_DIR }: Environment): string {
  return join(dir ?? (LOCAL_DIR || ".local"), "stack.json");
}

/**
 * A file of the current folder may be anybody's, e.g. of a repository that was cloned: it sends nothing to another machine.
 * @throws CliError that says how to start one
 */
export function readStack(path: string): LocalStack {
  const members = getObject(readJson(path), path);
  const address = (name: string): string => {
    const text = getText(members, name, path);
    const url = URL.parse(text);
    if (url === null || !isLoopback(url)) {
      throw malformed(
        `${path}: ${name}`,
        "a URL of this machine (localhost, 127.0.0.1 or [::1]), as local stacks have",
      );
    }
    return text;
  };
  return {
    api: address("api"),
    issuer: address("issuer"),
    kms: address("kms"),
    region: getText(members, "region", path),
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    const reason = `No local stack runs here: ${path} cannot be read.`;
    const advice = "`npm start` starts one; --profile, SECRET_PROFILE or SECRET_URL name another service.";
    throw new CliError(`${reason} ${advice}`, "unavailable", "ERROR_UNAVAILABLE");
  }
}
