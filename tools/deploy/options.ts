/** How esbuild bundles the functions; read by serverless-esbuild, and by whoever measures the bundles. */

import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";
import { readGrantsText } from "./grants-file.ts";

const here = import.meta.dirname;

/** Modules inside the SDK's packages, where no alias reaches, and what stands for them in a bundle. */
const replacements: readonly { readonly module: RegExp; readonly contents: string }[] = [
  {
    module: /@smithy\/core\/dist-es\/.*\/Sha256Node\.js$/,
    contents: `export { Sha256Node } from ${JSON.stringify(join(here, "sha256.ts"))};`,
  },
  // For `AWS_RETRY_MODE=adaptive`, which the deployment does not set.
  {
    module: /@smithy\/core\/dist-es\/.*\/DefaultRateLimiter\.js$/,
    contents: `export class DefaultRateLimiter {
      constructor() { throw new Error("The functions do not support AWS_RETRY_MODE=adaptive."); }
    }`,
  },
  // Lambda sets AWS_REGION: the instance metadata service is never asked for it.
  {
    module: /@smithy\/core\/dist-es\/.*\/getInstanceMetadataRegion\.js$/,
    contents: "export const getInstanceMetadataRegion = async () => undefined;",
  },
  // Made while the module loads, so that they stay though nobody uses them.
  { module: /@aws-sdk\/lib-dynamodb\/dist-es\/pagination\/\w+Paginator\.js$/, contents: "export {};" },
];

const lean: Plugin = {
  name: "lean",
  setup: (build) => {
    for (const { module, contents } of replacements) {
      build.onLoad({ filter: module }, () => ({ contents, resolveDir: here }));
    }
    // A client reads its own package.json for one member.
    build.onLoad({ filter: /@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => {
      const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
      const version: unknown = Reflect.get(Object(manifest), "version");
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/**
 * CommonJS, because an ES module pays for each built-in that it imports; `mainFields`, because only the SDK's ES modules
 * can be shaken; the aliases stand for what no function of ours can reach.
 */
export const bundleOptions: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  mainFields: ["module", "main"],
  minify: true,
  // A stack trace names a line: with everything on one, it names nothing.
  lineLimit: 200,
  alias: {
    "@aws-sdk/credential-provider-node": join(here, "credentials.ts"),
    "@aws-sdk/endpoint-cache": join(here, "endpoint-cache.ts"),
    "@smithy/core/event-streams": join(here, "event-streams.ts"),
  },
  // A Lambda environment variable could not hold many grants, and could be changed without a deployment.
  define: { "process.env.GRANTS": JSON.stringify(readGrantsText()) },
  plugins: [lean],
};

/** Beside the packages, not in them: a function neither needs them nor should pay to unpack them. */
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

/** A running local stack builds in a folder of its own, so that neither another stack nor a deployment disturbs it. */
function serverlessOptions(): object {
  const localFolder = process.env["BUILD_DIR"];
  const outputWorkFolder = localFolder ?? ".esbuild";
  // What an earlier build left would be loaded and packaged again.
  rmSync(outputWorkFolder, { recursive: true, force: true });
  return {
    ...bundleOptions,
    outputWorkFolder,
    // Lambda takes `.js` in a package without package.json for CommonJS, but here it would be an ES module.
    outputFileExtension: ".cjs",
    sourcemap: "external",
    plugins: localFolder === undefined ? [lean, sourceMapsApart] : [lean],
    watch: { pattern: ["handlers/**/*.ts", "lib/**/*.ts"] },
  };
}

/** What `require` gives of this module: serverless-esbuild expects a function. */
export { serverlessOptions as "module.exports" };
