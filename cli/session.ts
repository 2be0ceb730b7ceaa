/** What a command works with: the client of the chosen profile, and the form of the answer. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { SecretReference } from "../client/messages.ts";
import type { SecretClient } from "../client/secret-client.ts";
import type { Unwrap } from "../client/unseal.ts";
import { isSecretId } from "../lib/secret/secret.ts";
import { chooseProfile, readConfiguration } from "./configuration.ts";
import { connect } from "./connection.ts";
import { CliError } from "./failure.ts";
import type { Io } from "./io.ts";

/** The options that every command has. */
export interface CommonOptions {
  readonly profile?: string;
  readonly domain?: string;
  readonly json?: boolean;
}

/** The options of commands that print or set variables. */
export interface VariableOptions {
  readonly prefix?: string;
  readonly keepCase?: boolean;
  readonly override?: boolean;
  readonly sealed?: boolean;
}

export interface Session {
  readonly client: SecretClient;
  /** Leaves sealed data sealed. */
  readonly sealedClient: SecretClient;
  readonly unwrap: Unwrap;
  /** A member for each message. */
  readonly domain: { readonly domain_id?: string };
  /** A member of get-data messages: requests sealed data. */
  readonly sealing: { readonly sealed?: boolean };
  readonly isJson: boolean;
}

const namePrefix = "name:";

export const secretArgument = "the secret's id or name (name:NAME if the name looks like an id)";

/** @throws CliError if the profile cannot be used */
export async function openSession(
  io: Io,
  { profile: wanted, domain, json = false, sealed = false }: CommonOptions & { readonly sealed?: boolean },
): Promise<Session> {
  const { profile } = chooseProfile(readConfiguration(io.environment), wanted, io.environment);
  const { domainId, ...clients } = await connect(profile, domain, io);
  const isSealed = profile.sealed || sealed;
  if (isSealed && domainId === undefined) {
    throw new CliError("Sealed data needs a domain: use --domain, or set domain in the profile.");
  }
  return {
    ...clients,
    domain: domainId === undefined ? {} : { domain_id: domainId },
    sealing: isSealed ? { sealed: true } : {},
    isJson: json,
  };
}

/** These options mean the same before and after the command's name. */
export function addCommonOptions(command: Command): Command {
  return command
    .option("--profile <name>", "profile to use (default: SECRET_PROFILE, or the configuration's default)")
    .option("--domain <id>", "domain (tenant) to work in (default: the profile's)")
    .option("--json", "print the service's exact answer as JSON");
}

/** How many requests `import` and `export` send at a time. */
export function addParallelOption(command: Command): Command {
  return command.addOption(new Option("--parallel <n>", "requests at a time").argParser(toCount).default(8));
}

export function addVariableOptions(command: Command): Command {
  return command
    .option("--prefix <text>", "put this text before each variable's name", toPrefix)
    .option("--keep-case", "keep names as they are stored, instead of upper case")
    .option("--override", "allow variables that are already set in the environment")
    .option("--sealed", "have the data sent sealed, and decrypt it here with KMS");
}

/** The secret that an operand names. @throws CliError for an empty name */
export function toReference(reference: string): SecretReference {
  if (isSecretId(reference)) return { secret_id: reference };
  const name = reference.startsWith(namePrefix) ? reference.slice(namePrefix.length) : reference;
  if (name === "") throw new CliError("A secret's name cannot be empty.");
  return { name };
}

/**
 * The id of a secret, for methods that take no name. A lookup by name needs the scope `secret:read`.
 * @throws CliError
 */
export async function resolveSecret({ client, domain }: Session, reference: string): Promise<string> {
  const meant = toReference(reference);
  return meant.secret_id ?? (await client.get({ ...domain, ...meant, only: ["secret_id"] })).secret_id;
}

/** Parses an option that may be repeated. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** Parses an option with a list, `a,b`. Repeated options add up. */
export function collectList(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...value.split(",").filter((item) => item !== "")];
}

/** A whole number from 1. @throws InvalidArgumentError, to which commander adds the option's name */
export function toCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1.");
}

/** Refuses a value that looks like an option: then the prefix itself was forgotten. @throws CliError */
function toPrefix(text: string): string {
  if (!text.startsWith("-")) return text;
  throw new CliError(`--prefix needs a text for variables' names, and "${text}" looks like an option.`);
}
