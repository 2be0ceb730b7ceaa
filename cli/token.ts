/** Where a bearer token comes from: the environment, a program, or an OAuth issuer. Never an argument. */

import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { clientCredentials } from "../client/client-credentials.ts";
import type { TokenSource } from "../client/http-transport.ts";
import { configurationPath, type Environment } from "./configuration.ts";
import { CliError } from "./failure.ts";
import { remark } from "./output.ts";
import type { ClientCredentials, HttpProfile } from "./profile.ts";

/** What `tokenSource` will do, in words. */
export function describeToken(profile: HttpProfile, { SECRET_TOKEN: token }: Environment): string {
  const { tokenCommand, clientCredentials: credentials } = profile;
  if (token) return "SECRET_TOKEN";
  if (tokenCommand !== undefined) return `command ${tokenCommand[0]}`;
  if (credentials !== undefined) return `client ${credentials.clientId} at ${credentials.tokenUrl}`;
  return "none";
}

/** The environment's token goes before what the profile says. @throws CliError */
export function tokenSource(profile: HttpProfile, environment: Environment): string | TokenSource {
  const { tokenCommand, clientCredentials: credentials } = profile;
  const { SECRET_TOKEN: token } = environment;
  if (token) return token.trim();
  if (tokenCommand !== undefined) return commandToken(tokenCommand);
  if (credentials === undefined) {
    throw denied("No token: set SECRET_TOKEN, or tokenCommand or clientCredentials in the profile.");
  }
  const { tokenUrl, clientId, scope, audience } = credentials;
  return clientCredentials({
    tokenUrl,
    clientId,
    clientSecret: readClientSecret(credentials, environment),
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { parameters: { audience } }),
  });
}

/** Asks the program once, and once more where its token is refused. */
function commandToken(command: readonly string[]): TokenSource {
  let asked: Promise<string> | undefined;
  return async ({ rejected }) => {
    if (asked === undefined || (await asked) === rejected) asked = askCommand(command);
    return await asked;
  };
}

async function askCommand([program = "", ...args]: readonly string[]): Promise<string> {
  const token = await outputOf(program, args);
  if (token === "") throw denied(`The token command ${program} printed no token.`);
  return token;
}

/** It may ask the user something: the terminal stays its own. */
async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { promise, resolve: succeed, reject: fail } = Promise.withResolvers<string>();
  const child = spawn(program, args, { stdio: ["inherit", "pipe", "inherit"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.on("error", ({ message }) => fail(denied(`The token command does not start. (${message})`)));
  child.on("close", (code) => {
    // What it printed may hold a token; its exit code does not.
    if (code !== 0) fail(denied(`The token command ${program} failed. (exit code ${code})`));
    succeed(Buffer.concat(output).toString().trim());
  });
  return await promise;
}

function readClientSecret({ clientSecretEnv, clientSecretFile }: ClientCredentials, environment: Environment): string {
  if (clientSecretEnv === undefined) {
    return readSecretFile(resolve(dirname(configurationPath(environment)), clientSecretFile ?? ""));
  }
  const secret = environment[clientSecretEnv];
  if (!secret) throw denied(`The client secret is missing: ${clientSecretEnv} is not set.`);
  return secret;
}

function readSecretFile(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) remark(`${path} is open to others; \`chmod 600\` it.`);
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw denied(`The client secret cannot be read: ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function denied(message: string): CliError {
  return new CliError(message, "denied", "ERROR_AUTHENTICATE_FAILURE");
}
