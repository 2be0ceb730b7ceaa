/** `npm run grants`: prints what grants.json grants, and the IAM policy for a role that calls by a grant's alias. */

import { parseArgs } from "node:util";
import type { Grants } from "../../lib/secret/grants.ts";
import { readDeployment } from "../local/deployment.ts";
import { policyFor, readGrants } from "./grants-file.ts";
import { warnOfDefaults } from "./issuer.ts";

const usage = `npm run grants
    lists what grants.json grants

npm run grants -- ID --account 123456789012 [--stage prod] [--region us-east-1]
    prints the IAM policy for the role that calls by the alias of this grant
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      account: { type: "string" },
      stage: { type: "string", default: "prod" },
      region: { type: "string", default: "us-east-1" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const issuer = process.env["JWT_ISSUER"] ?? "";
  const grants = readGrants(issuer);
  const [id] = positionals;
  if (id === undefined) return void process.stdout.write(`${listOf(grants)}${others(issuer)}`);
  const grant = [...grants.byAlias.values()].find((candidate) => candidate.id === id);
  if (grant === undefined)
    throw new Error(`grants.json has no grant "${id}" with an alias. Grants by claims need no IAM policy.`);
  if (!/^\d{12}$/.test(values.account ?? ""))
    throw new Error("--account must be the 12 digits of the functions' AWS account.");
  const { functions } = await readDeployment(values.stage);
  const prefix = `arn:aws:lambda:${values.region}:${values.account}:function`;
  process.stdout.write(`${JSON.stringify(policyFor(grant, prefix, functions), null, 2)}\n`);
}

/** What callers without a grant may do. */
function others(issuer: string): string {
  const warning = warnOfDefaults(issuer);
  return `Every other token: what its own claims say, or nothing if trustClaims=false.${warning === null ? "" : ` ${warning}`}\n`;
}

function listOf({ byClaims, byAlias }: Grants): string {
  const lines = [...byClaims, ...byAlias.values()].map((grant) => {
    const who = "alias" in grant ? `alias ${grant.alias}` : `claims ${JSON.stringify(grant.claims)}`;
    return `${grant.id}: ${who} → ${grant.domain_id}, ${grant.scopes.join(", ")}\n`;
  });
  return lines.join("") || "There is no grants.json.\n";
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
