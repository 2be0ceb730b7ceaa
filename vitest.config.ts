/** How the tests run: `npm test` runs all projects but `deep`, `npm run test:deep` that one. */

import { availableParallelism } from "node:os";
import type { ViteUserConfig } from "vitest/config";

const endToEnd = "test/e2e/**/*.test.ts";
/** On the same stack, but with nothing beside it: it counts what KMS is asked, and makes it fail. */
const endToEndAlone = "test/e2e/keys.test.ts";
/** Whatever takes minutes, or packs, installs and starts the whole as its users do. */
const deep = "test/deep/**/*.test.ts";

/** Without a database. */
const pure = ["base", "client", "docs", "identity", "query", "request", "secret", "stat"].map(
  (name) => `test/${name}/**/*.test.ts`,
);

/** These run in both: in `npm test` with a part of their cases, in `npm run test:deep` with all (test/support/thorough.ts). */
const thorough = [
  "attack/escapes",
  "attack/silence",
  "cli/run-program",
  "store/faults",
  "tools/deploy/gateway",
  "tools/deploy/issuer",
  "tools/deploy/schema",
  "tools/deploy/template",
  "tools/local/setup",
  "tools/ops/migrate",
  "tools/ops/undelete",
  "tools/ops/verify",
].map((name) => `test/${name}.test.ts`);

const database = "test/support/setup-dynamodb.ts";

const config: ViteUserConfig = {
  test: {
    // Some tests start DynamoDB Local or a whole stack; the limits only end what hangs.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    provide: { isThorough: false },
    // A process a file would spend a third of its time loading modules: files leave nothing behind in theirs.
    isolate: false,
    // One core of two would be left idle otherwise, and most tests of parts wait for a database.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        extends: true,
        test: { name: "pure", include: pure, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: "parts",
          include: ["test/**/*.test.ts"],
          exclude: [...pure, endToEnd, deep],
          globalSetup: database,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: [endToEnd],
          exclude: [endToEndAlone],
          globalSetup: "test/e2e/setup.ts",
          sequence: { groupOrder: 1 },
          maxConcurrency: 2,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e-alone",
          include: [endToEndAlone],
          globalSetup: "test/e2e/setup.ts",
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        // One at a time: they kill processes and let requests time out, and want a core for themselves.
        test: {
          name: "deep",
          include: [deep, ...thorough],
          provide: { isThorough: true },
          globalSetup: database,
          maxWorkers: 1,
          isolate: true,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
};

export default config;
