/** `node test/support/picture/draw.ts`: draws docs/pictures/cli.svg again, on its own stack. */

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
