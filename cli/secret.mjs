#!/usr/bin/env node
/**
 * The program `secret`. It runs the sources in a clone, and the build in an installed package. It is plain JavaScript,
 * and loads the rest only after the check, so that an older Node prints what is missing instead of crashing.
 */

import { existsSync } from "node:fs";

const isClone = existsSync(new URL("main.ts", import.meta.url));
/** Node runs TypeScript without a flag from 22.18 on. */
const oldest = isClone ? [22, 18] : [22, 0];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(`secret: Node.js ${oldest.join(".")} or newer is needed; this is ${process.versions.node}.\n`);
  process.exit(1);
}
await import(isClone ? "./main.ts" : "./dist/main.js");
