/** The identity service, where the deployment names one. */

import { HttpIdentity } from "../identity/http-identity.ts";
import type { Identity } from "../identity/identity.ts";
import { optionalText, optionalUrl } from "./environment.ts";

const timeoutMs = 1500;

export function identity(): Identity | null {
  const url = optionalUrl("IDENTITY_URL");
  if (url === null) return null;
  const token = optionalText("IDENTITY_TOKEN");
  return new HttpIdentity({ url, timeoutMs, ...(token !== null && { token }) });
}
