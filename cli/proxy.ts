/** Makes requests obey HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which Node's `fetch` ignores by default. */

import http from "node:http";
import type { Environment } from "./io.ts";

/** In the latest Node 24, but not yet in the types. */
interface ProxyingHttp {
  readonly setGlobalProxyFromEnv?: (variables: Environment) => unknown;
}

const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/** Requests to the local stack never go through a proxy. */
const ownHosts = "localhost,127.0.0.1,[::1]";

/** @returns a warning for the user, if this Node cannot do it */
export function followProxy(environment: Environment): string | undefined {
  const proxies = Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  const [first] = Object.keys(proxies);
  if (first === undefined || environment["NODE_USE_ENV_PROXY"]) return undefined;
  const { setGlobalProxyFromEnv } = http as ProxyingHttp;
  if (setGlobalProxyFromEnv === undefined) {
    return `${first} is ignored, because Node.js ${process.versions.node} does not support it. Use the latest Node.js 24, or the latest 22 with NODE_USE_ENV_PROXY=1.`;
  }
  const except = environment["no_proxy"] || environment["NO_PROXY"];
  setGlobalProxyFromEnv({ ...proxies, NO_PROXY: [except, ownHosts].filter(Boolean).join(",") });
  return undefined;
}
