/**
 * The first step of `npm start` and `npm test`: installs the packages of the lock files if they are missing or
 * outdated. It runs on any installed Node, and imports only built-in modules. Everything after it runs on the Node that
 * it installs.
 */

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const project = resolve(fileURLToPath(import.meta.url), "../../..");
const oldestNode = 20;
const progressMs = 10_000;
const node = join(project, "node_modules/.bin/node");

if (Number(process.versions.node.split(".")[0]) < oldestNode) {
  fail(`Node.js ${oldestNode} or newer is needed; this is ${process.versions.node}.`);
}
if (staleFolders().length > 0) {
  await whileLocked(async () => {
    // Another process may have installed everything while this one waited for the lock.
    for (const folder of staleFolders()) await install(folder);
  });
}

/** The folders whose packages differ from their lock file: of the project, those in it, and those in the arguments. */
function staleFolders() {
  const inner = readdirSync(project, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map((entry) => join(project, entry.name));
  const named = process.argv.slice(2).map((folder) => resolve(project, folder));
  const stale = [project, ...inner, ...named].filter(
    (folder) => existsSync(join(folder, "package-lock.json")) && isStale(folder),
  );
  return stale.includes(project) || isNodeInstalled() ? stale : [project, ...stale];
}

/** npm writes `node_modules/.package-lock.json` last, so an interrupted installation has none, or only a part. */
function isStale(folder) {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return true;
  const present = readInstalled(installed);
  if (present === undefined) return true;
  return Object.entries(readPackages(join(folder, "package-lock.json"))).some(
    ([path, { version, integrity, optional }]) => {
      if (path === "") return false;
      const found = present[path];
      // Optional packages are missing on platforms that they do not support.
      return found ? found.version !== version || found.integrity !== integrity : !optional;
    },
  );
}

function readInstalled(path) {
  try {
    return readPackages(path);
  } catch (error) {
    if (error instanceof SyntaxError || error.code === "ENOENT") return undefined;
    throw error;
  }
}

function readPackages(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages;
}

/** The package `node` downloads its program in an install script, which npm can be configured to skip. */
function isNodeInstalled() {
  const { version } = readPackages(join(project, "package-lock.json"))["node_modules/node"];
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() === `v${version}`;
}

async function install(folder) {
  console.error(`Installing the packages of ${join(basename(folder), "package-lock.json")}: about a minute, once …`);
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [command, ...first] = npm;
  const options = ["--include=dev", "--engine-strict=false", "--no-audit", "--no-fund", "--loglevel=error"];
  const child = spawn(command, [...first, "ci", ...options], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      child.kill(signal);
      process.exit(128 + constants.signals[signal]);
    });
  }
  const startedAt = Date.now();
  const progress = setInterval(() => {
    console.error(`… still installing, after ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }, progressMs);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const failure = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? null : said));
  });
  clearInterval(progress);
  if (failure !== null) fail(`npm ci failed in ${folder}.\n${failure}`);
  if (!isNodeInstalled()) {
    fail(`${node} does not run: npm must be allowed to run the install script of the package "node" (ignore-scripts).`);
  }
}

/** Lets one process at a time install. The lock of a process that died is ignored. */
async function whileLocked(work) {
  const lock = join(tmpdir(), `install-${createHash("sha256").update(project).digest("hex").slice(0, 16)}.lock`);
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (let tries = 0; !tryToLink(own, lock); tries++) {
      if (tries === 1) console.error(`Waiting for another installation, of process ${readHolder(lock)} (${lock}) …`);
      if (!isAlive(readHolder(lock))) rmSync(lock, { force: true });
      await setTimeout(200);
    }
    try {
      await work();
    } finally {
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function tryToLink(own, lock) {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return process.pid;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
