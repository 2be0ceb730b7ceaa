/**
 * Makes `dist` (or the folder that is named) of the sources: JavaScript and its types, of what the package's entries
 * reach and nothing else.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import manifest from "./package.json" with { type: "json" };

const here = import.meta.dirname;
const dist = resolve(process.argv[2] ?? join(here, "dist"));
const shebang = "#!/usr/bin/env node\n";
/** In `from "…"`, `import "…"` and `import("…")`. */
const relativeSpecifier = /((?:\bfrom|\bimport)\s*\(?\s*")(\.{1,2}\/[^"]+)(")/g;

rmSync(dist, { recursive: true, force: true });
compile();
const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).map((name) => join(dist, name));
const programs = [join(dist, "cli/main.js")].filter(existsSync);
const entries = Object.values(manifest.exports).flatMap(({ types, default: code }) => [toDist(types), toDist(code)]);
for (const file of files.filter((name) => name.endsWith(".d.ts"))) renameSpecifiers(file);
for (const file of programs) makeRunnable(file);
const reached = reach([...entries, ...programs]);
for (const file of files.filter((name) => /\.(?:js|d\.ts)$/.test(name) && !reached.has(name))) rmSync(file);
copyFileSync(join(here, "../LICENSE"), join(dist, "../LICENSE"));

function compile(): void {
  const tsc = join(here, "../node_modules/.bin/tsc");
  const { status } = spawnSync(tsc, ["-p", here, "--outDir", dist], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

/** The compiler does it in code, and leaves in types the names of files that a package does not have. */
function renameSpecifiers(file: string): void {
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    text.replace(
      relativeSpecifier,
      (_, before, path: string, after) => `${before}${path.replace(/\.ts$/, ".js")}${after}`,
    ),
  );
}

function makeRunnable(file: string): void {
  const text = readFileSync(file, "utf8");
  if (!text.startsWith("#!")) writeFileSync(file, shebang + text);
  chmodSync(file, 0o755);
}

function toDist(path: string): string {
  return join(dist, path.replace(/^\.\/dist\//, ""));
}

/** What the entries import, and what that imports: code as code, types as types. */
function reach(entries: readonly string[]): ReadonlySet<string> {
  const found = new Set(entries);
  for (const file of found) {
    const isTypes = file.endsWith(".d.ts");
    for (const [, , path = ""] of readFileSync(file, "utf8").matchAll(relativeSpecifier)) {
      const target = join(dirname(file), path);
      found.add(isTypes ? target.replace(/\.js$/, ".d.ts") : target);
    }
  }
  return found;
}
