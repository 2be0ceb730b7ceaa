/** Gets a bearer token from the environment, a program, or an OAuth issuer; never from an argument. */

import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { clientCredentials } from "../client/client-credentials.ts";
import type { TokenSource } from "../client/http-transport.ts";
import { configurationPath } from "./configuration.ts";
import { CliError } from "./failure.ts";
import { type Environment, type Io, reasonOf } from "./io.ts";
import { remark } from "./output.ts";
import type { ClientCredentials, HttpProfile } from "./profile.ts";

/** Says in words what `tokenSource` will do. */
export function describeToken(profile: HttpProfile, { SECRET_TOKEN: token }: Environment): string {
  const { tokenCommand, clientCredentials: credentials } = profile;
  if (token) return "SECRET_TOKEN";
  if (tokenCommand !== undefined) return `command ${tokenCommand[0]}`;
  if (credentials !== undefined) return `client ${credentials.clientId} at ${credentials.tokenUrl}`;
  return "none";
}

/** A token in the environment overrides the profile. @throws CliError */
export function tokenSource(profile: HttpProfile, io: Io): string | TokenSource {
  const { tokenCommand, clientCredentials: credentials } = profile;
  const { SECRET_TOKEN: token } = io.environment;
  if (token) return token.trim();
  if (tokenCommand !== undefined) return commandToken(tokenCommand, io.environment);
  if (credentials === undefined) {
    throw denied("No token: set SECRET_TOKEN, or tokenCommand or clientCredentials in the profile.");
  }
  const { tokenUrl, clientId, scope, audience } = credentials;
  return clientCredentials({
    tokenUrl,
    clientId,
    clientSecret: readClientSecret(credentials, io),
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { parameters: { audience } }),
  });
}

/** Runs the program once, and again if its token is rejected. */
function commandToken(command: readonly string[], environment: Environment): TokenSource {
  let asked: Promise<string> | undefined;
  return async ({ rejected }) => {
    if (asked === undefined || (await asked) === rejected) asked = askCommand(command, environment);
    return await asked;
  };
}

async function askCommand([program = "", ...args]: readonly string[], env: Environment): Promise<string> {
  const token = await outputOf(program, args, env);
  if (token === "") throw denied(`The token command ${program} printed no token.`);
  return token;
}

/** The program may ask the user something, so it keeps the terminal. */
async function outputOf(program: string, args: readonly string[], env: Environment): Promise<string> {
  const { promise, resolve: succeed, reject: fail } = Promise.withResolvers<string>();
  const child = spawn(program, args, { env, stdio: ["inherit", "pipe", "inherit"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.on("error", ({ message }) => fail(denied(`The token command does not start (${message}).`)));
  child.on("close", (code) => {
    // Its output may hold a token, so only the exit code is reported.
    if (code !== 0) fail(denied(`The token command ${program} failed (exit code ${code}).`));
    succeed(Buffer.concat(output).toString().trim());
  });
  return await promise;
}

function readClientSecret({ clientSecretEnv, clientSecretFile }: ClientCredentials, io: Io): string {
  if (clientSecretEnv === undefined) {
    return readSecretFile(resolve(dirname(configurationPath(io.environment)), clientSecretFile ?? ""), io);
  }
  const secret = io.environment[clientSecretEnv];
  if (!secret)
    throw denied(`The client secret is missing: set ${clientSecretEnv}, which the profile names in clientSecretEnv.`);
  return secret;
}

function readSecretFile(path: string, io: Io): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      remark(io, `Other users may read the client secret in ${path}; run \`chmod 600\` on it.`);
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw denied(`The client secret in ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

function denied(message: string): CliError {
  return new CliError(message, "denied", "ERROR_AUTHENTICATE_FAILURE");
}
