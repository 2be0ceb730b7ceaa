/** How esbuild bundles the functions; for serverless-esbuild, and for tools that measure the bundles. */

import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";
import { readGrantsText } from "./grants-file.ts";

const here = import.meta.dirname;

/** Replacements for modules inside the SDK's packages, which esbuild's aliases cannot reach. */
const replacements: readonly { readonly module: RegExp; readonly contents: string }[] = [
  {
    module: /@smithy\/core\/dist-es\/.*\/Sha256Node\.js$/,
    contents: `export { Sha256Node } from ${JSON.stringify(join(here, "sha256.ts"))};`,
  },
  // Used only for `AWS_RETRY_MODE=adaptive`, which the deployment does not set.
  {
    module: /@smithy\/core\/dist-es\/.*\/DefaultRateLimiter\.js$/,
    contents: `export class DefaultRateLimiter {
      constructor() { throw new Error("The functions do not support AWS_RETRY_MODE=adaptive."); }
    }`,
  },
  // Lambda sets AWS_REGION, so the instance metadata service is never asked.
  {
    module: /@smithy\/core\/dist-es\/.*\/getInstanceMetadataRegion\.js$/,
    contents: "export const getInstanceMetadataRegion = async () => undefined;",
  },
  // These run while the module loads, so tree shaking would keep them although nobody uses them.
  { module: /@aws-sdk\/lib-dynamodb\/dist-es\/pagination\/\w+Paginator\.js$/, contents: "export {};" },
];

const lean: Plugin = {
  name: "lean",
  setup: (build) => {
    for (const { module, contents } of replacements) {
      build.onLoad({ filter: module }, () => ({ contents, resolveDir: here }));
    }
    // A client reads only the version from its package.json.
    build.onLoad({ filter: /@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => {
      const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
      const version: unknown = Reflect.get(Object(manifest), "version");
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/**
 * CommonJS, because an ES module loads each built-in that it imports more slowly. `mainFields`, because only the SDK's
 * ES modules allow tree shaking. The aliases replace code that no function can reach.
 */
export const bundleOptions: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  mainFields: ["module", "main"],
  minify: true,
  // With all code on one line, line numbers in stack traces would say nothing.
  lineLimit: 200,
  alias: {
    "@aws-sdk/credential-provider-node": join(here, "credentials.ts"),
    "@aws-sdk/endpoint-cache": join(here, "endpoint-cache.ts"),
    "@smithy/core/event-streams": join(here, "event-streams.ts"),
  },
  // Not an environment variable of Lambda: it could not hold many grants, and could be changed without a deployment.
  define: { "process.env.GRANTS": JSON.stringify(readGrantsText()) },
  plugins: [lean],
};

/** Source maps stay outside the packages: functions do not use them, and would unpack them at every cold start. */
const sourceMapsFolder = ".serverless/source-maps";

const sourceMapsApart: Plugin = {
  name: "source-maps-apart",
  setup: (build) => {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      mkdirSync(sourceMapsFolder, { recursive: true });
      for (const path of Object.keys(metafile?.outputs ?? {}).filter((output) => output.endsWith(".map"))) {
        renameSync(path, join(sourceMapsFolder, basename(path)));
      }
    });
  },
};

/** A local stack builds in its own folder, so that neither another stack nor a deployment disturbs it. */
function serverlessOptions(): object {
  const localFolder = process.env["BUILD_DIR"];
  const outputWorkFolder = localFolder ?? ".esbuild";
  // Files of an earlier build would be packaged again.
  rmSync(outputWorkFolder, { recursive: true, force: true });
  return {
    ...bundleOptions,
    outputWorkFolder,
    // In Lambda, `.js` without a package.json is CommonJS; here it would be an ES module.
    outputFileExtension: ".cjs",
    sourcemap: "external",
    plugins: localFolder === undefined ? [lean, sourceMapsApart] : [lean],
    watch: { pattern: ["handlers/**/*.ts", "lib/**/*.ts"] },
  };
}

/** The result of `require`: serverless-esbuild expects a function. */
export { serverlessOptions as "module.exports" };
