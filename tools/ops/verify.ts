/** `npm run verify`: checks that the rows of all tables are consistent, and reports what is not. It repairs nothing. */

import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { toCounted } from "../../cli/text.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dataVersionsKept } from "../../lib/wiring/environment.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { checkIntegrity, type Report } from "./integrity/check.ts";
import type { Finding } from "./integrity/findings.ts";
import { runTool } from "./tool.ts";

const usage = `npm run verify -- [options]

Checks that the rows of all tables are consistent, and changes nothing.

${deploymentUsage}

DATA_VERSIONS_KEPT=5    set it as the functions have it

Exit code: 0 all rows are consistent, 1 some rows break a rule (each is listed), 2 some rows could not be checked.
`;

const pauseMs = 1000;

await runTool(usage, async (signal) => {
  const { values } = parseArgs({ options: deploymentOptions });
  const { tables, environment } = await findDeployment(values);
  Object.assign(process.env, environment);
  const client = new DynamoDBClient({ maxAttempts: 10 });
  const report = await checkIntegrity(
    { client: documentClient(client), tables },
    { versionsKept: dataVersionsKept(), pause: async () => await setTimeout(pauseMs), signal },
  );
  process.stdout.write(describe(report));
  if (report.undecided.length > 0) return 2;
  return report.violations.length > 0 ? 1 : 0;
});

function describe({ rows, violations, undecided }: Report): string {
  const { secrets, names, data, tokens, deleted } = rows;
  return [
    `Read ${secrets} secrets, ${names} names, ${data} versions of data, ${tokens} client tokens, ${deleted} rows of deleted secrets.`,
    ...violations.map((finding) => `violation  ${describeFinding(finding)}`),
    ...undecided.map((finding) => `undecided, its rows are being written  ${describeFinding(finding)}`),
    `${toCounted(violations.length, "violation")}.\n`,
  ].join("\n");
}

function describeFinding({ table, key, rule, detail }: Finding): string {
  return `${table}  ${JSON.stringify(key)}  ${rule}: ${detail}`;
}
