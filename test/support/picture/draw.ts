/** Draws docs/pictures/cli.svg anew, on a stack of its own: `node test/support/picture/draw.ts`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestStack } from "../stack.ts";
import { drawCli } from "./cli-picture.ts";

const stack = await startTestStack();
try {
  writeFileSync(join(import.meta.dirname, "../../../docs/pictures/cli.svg"), await drawCli(stack.dir));
} finally {
  await stack.close();
}
