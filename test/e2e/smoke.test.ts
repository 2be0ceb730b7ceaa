/** `npm run smoke` beside a running stack. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { stack } from "./service.ts";

const program = join(import.meta.dirname, "../../tools/ops/smoke.ts");

it("the smoke test's checks all hold on the local stack, over HTTP and by invocation", async () => {
  const env = { PATH: process.env["PATH"], LOCAL_DIR: stack.dir };

  // Rejects unless the exit code is 0.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env });

  expect(stderr).toBe("");
  expect(stdout.match(/^ok +get-data, new version /gm)).toHaveLength(2);
  expect(stdout).toMatch(/^ok +reader: get-data refused /m);
  expect(stdout).not.toContain("FAIL");
});
