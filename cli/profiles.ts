import type { Command } from "commander";
import { chooseProfile, type NamedProfile, readConfiguration } from "./configuration.ts";
import { sampleDomain, stackPath } from "./connection.ts";
import type { Environment, Io } from "./io.ts";
import { printJson } from "./output.ts";
import type { Profile } from "./profile.ts";
import type { CommonOptions } from "./session.ts";
import { type Column, toTable } from "./text.ts";
import { describeToken } from "./token.ts";

interface Options extends CommonOptions {
  readonly names?: boolean;
}

/** Why a profile is used (`null`: it is not), and the domain of the option `--domain`. */
interface Use {
  readonly reason: string | null;
  readonly domain?: string | undefined;
}

interface Row {
  readonly name: string;
  readonly kind: Profile["kind"];
  readonly where: string;
  readonly domain: string | null;
  /** Where a token would come from; never the token itself. */
  readonly token: string | null;
  readonly source: string;
  /** Why this profile is used; `null` for the others. */
  readonly used: string | null;
}

const columns: readonly Column<Row>[] = [
  { title: "", of: ({ used }) => (used === null ? " " : "*") },
  { title: "PROFILE", of: ({ name }) => name },
  { title: "KIND", of: ({ kind }) => kind },
  { title: "WHERE", of: ({ where }) => where },
  { title: "DOMAIN", of: (row) => row.domain },
  { title: "TOKEN FROM", of: ({ token }) => token },
  { title: "SOURCE", of: ({ source }) => source },
  { title: "USED BECAUSE OF", of: ({ used }) => used },
];

export function addProfiles(program: Command, io: Io): Command {
  const command = program
    .command("profiles")
    .summary("show the profiles, and which one is used")
    .description("Show the profiles, where each comes from, and which one is used and why. Tokens are never shown.")
    .option("--names", "print only their names");
  return command
    .addHelpText("after", "\nExamples:\n  secret profiles\n  secret profiles --profile prod --json")
    .action(() => showProfiles(io, command.optsWithGlobals()));
}

function showProfiles(io: Io, { profile: wanted, domain, json, names }: Options): void {
  const configuration = readConfiguration(io.environment);
  const { path, profiles } = configuration;
  if (names) {
    io.stdout.write(profiles.map(({ name }) => `${name}\n`).join(""));
    return;
  }
  const choice = chooseProfile(configuration, wanted, io.environment);
  const rows = profiles.map((named) => {
    const isUsed = named.name === choice.name;
    const use = isUsed ? { reason: choice.reason, domain } : { reason: null };
    return toRow(named, use, io.environment);
  });
  if (json) printJson(io, { path, profiles: rows });
  else io.stdout.write(toTable(columns, rows));
}

function toRow({ name, profile, source }: NamedProfile, { reason, domain }: Use, environment: Environment): Row {
  const own = domain ?? profile.domain ?? null;
  const row = { name, kind: profile.kind, source, used: reason };
  switch (profile.kind) {
    case "local":
      return {
        ...row,
        domain: own ?? sampleDomain,
        where: stackPath(profile, environment),
        token: "the stack's issuer",
      };
    case "http":
      return { ...row, domain: own, where: profile.url, token: describeToken(profile, environment) };
    case "lambda":
      return { ...row, domain: own, where: `${profile.functions.list} … ${profile.region ?? ""}`.trim(), token: null };
  }
}
