/** What a command works with: the client of the chosen profile, and how to answer. */

import type { Command } from "commander";
import type { SecretClient } from "../client/secret-client.ts";
import { chooseProfile, readConfiguration } from "./profile/configuration.ts";
import { connect } from "./profile/connect.ts";

/** The options that every command has. */
export interface CommonOptions {
  readonly profile?: string;
  readonly domain?: string;
  readonly json?: boolean;
}

export interface Session {
  readonly client: SecretClient;
  /** To lay into each message. */
  readonly domain: { readonly domain_id?: string };
  /** Members of a get-data message: whether data is to come sealed. */
  readonly sealing: { readonly sealed?: boolean };
  readonly isJson: boolean;
}

/** @throws CliError where the profile is not usable */
export async function openSession({
  profile: wanted,
  domain,
  json = false,
  sealed = false,
}: CommonOptions & { readonly sealed?: boolean }): Promise<Session> {
  const { profile } = chooseProfile(readConfiguration(process.env), wanted, process.env);
  const { client, domainId } = await connect(profile, domain, process.env);
  return {
    client,
    domain: domainId === undefined ? {} : { domain_id: domainId },
    sealing: profile.sealed || sealed ? { sealed: true } : {},
    isJson: json,
  };
}

/** Before or behind the command's name they mean the same. */
export function addCommonOptions(command: Command): Command {
  return command
    .option("--profile <name>", "profile to use (else SECRET_PROFILE, or the default)")
    .option("--domain <id>", "tenant to ask for (else the profile's)")
    .option("--json", "print the exact answer as one JSON document");
}
