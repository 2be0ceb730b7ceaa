/** Draws the picture of the command line: runs real commands on a stack, and draws their output as a terminal. */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished, main, runCli } from "../../cli/run.ts";

type Environment = { readonly [name: string]: string };

interface Recorded {
  readonly command: string;
  readonly output: string;
}

const secrets: readonly (readonly [name: string, data: object, ...args: string[]])[] = [
  [
    "aws-prod",
    { access_key: "AKIAIOSFODNN7EXAMPLE" },
    "--schema",
    "aws_access_key",
    "--tag",
    "env=prod",
    "--project",
    "project-1",
  ],
  ["aws-dev", { access_key: "AKIAI44QH8DHBEXAMPLE" }, "--schema", "aws_access_key", "--tag", "env=dev"],
  ["azure-ci", { client_secret: "x" }, "--schema", "azure_client_secret", "--tag", "env=prod", "--tag", "owner=kim"],
  ["db", { db_user: "ada", db_password: "s3cr3t" }, "--tag", "env=prod", "--project", "project-1"],
];

/** Commands whose output is the same in every run. */
const commands: readonly string[] = [
  "secret list tags.env=prod 'created>now-7d' --only name,provider,project,version,tags",
  "secret stat --by provider",
  `secret exec db -- sh -c 'echo "$DB_USER has a password of \${#DB_PASSWORD} characters"'`,
  "secret get aws-prd; echo $?",
];

/** @param dir folder of the running stack */
export async function drawCli(dir: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "picture-"));
  try {
    return toSvg(await record(home, dir));
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** Runs the commands in a new domain. */
async function record(home: string, dir: string): Promise<readonly Recorded[]> {
  const environment = { PATH: `${home}:${process.env["PATH"]}`, XDG_CONFIG_HOME: home, LOCAL_DIR: dir };
  const profiles = { local: { kind: "local", domain: "domain-picture" } };
  mkdirSync(join(home, "cloudforet-secret"));
  writeFileSync(join(home, "cloudforet-secret/config.json"), JSON.stringify({ profiles }));
  writeFileSync(join(home, "secret"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 });
  const making = secrets.map(async ([name, data, ...args]) => {
    const input = JSON.stringify(data);
    const { code, stderr } = await runCli(["create", name, "--data-stdin", ...args], { environment, input });
    if (code !== 0) throw new Error(stderr);
  });
  await Promise.all(making);
  return await Promise.all(
    commands.map(async (command) => ({ command, output: await outputOf(command, environment) })),
  );
}

/** Standard output and error together, as on a terminal. */
async function outputOf(command: string, env: Environment): Promise<string> {
  return (await finished(spawn("sh", ["-c", `{ ${command}; } 2>&1`], { env }))).stdout;
}

const [width, lineHeight, margin, top] = [860, 19, 20, 56];

function toSvg(recorded: readonly Recorded[]): string {
  const blocks = recorded.flatMap(({ command, output }) => [
    `<tspan fill="#7ee787">$</tspan> <tspan fill="#ffffff" font-weight="bold">${escapeXml(command)}</tspan>`,
    ...output.trimEnd().split("\n").map(toLine),
    "",
  ]);
  const lines = blocks.slice(0, -1);
  const height = top + lines.length * lineHeight + margin + 18;
  const texts = lines.map(
    (line, index) => `<text x="${margin}" y="${top + 8 + index * lineHeight}" xml:space="preserve">${line}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>The command line, recorded from the local stack</title>
<rect width="${width}" height="${height}" rx="10" fill="#161b22"/>
<circle cx="24" cy="20" r="6" fill="#ff5f57"/><circle cx="44" cy="20" r="6" fill="#febc2e"/><circle cx="64" cy="20" r="6" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#c9d1d9">
${texts.filter((text) => !text.endsWith('"></text>')).join("\n")}
</g>
<text x="${width - margin}" y="${height - 12}" text-anchor="end" font-family="system-ui, sans-serif" font-size="11" fill="#8b949e">recorded from the local stack</text>
</svg>
`;
}

function toLine(text: string): string {
  return text.startsWith("secret: ") ? `<tspan fill="#ff7b72">${escapeXml(text)}</tspan>` : escapeXml(text);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
