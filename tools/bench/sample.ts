/** The secret of the benchmarks: the same in every run, of a common kind and size. */

import { createHash } from "node:crypto";
import type { JsonObject } from "../../lib/base/json.ts";
import type { StoredSecret } from "../../lib/secret/secret.ts";

export const domainId = "domain-58010aa2e451";

/** As long as a service account key of Google Cloud: 2.3 KB of JSON. */
export const secretData: JsonObject = {
  type: "service_account",
  project_id: "cloudforet-collector",
  private_key_id: text("private_key_id", 40),
  private_key: `-----BEGIN PRIVATE KEY-----\n${text("private_key", 1620)}\n-----END PRIVATE KEY-----\n`,
  client_email: "collector@cloudforet-collector.iam.gserviceaccount.com",
  client_id: "108436522109876543210",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
  client_x509_cert_url: "https://www.googleapis.com/robot/v1/metadata/x509/collector%40cloudforet-collector",
};

/** A secret's metadata; each `index` gives another secret. */
export function sampleSecret(index = 0): StoredSecret {
  // Uniformly distributed, like the service's own ids.
  const id = createHash("sha256").update(`secret ${index}`).digest("hex").slice(0, 12);
  return {
    secret_id: `secret-${id}`,
    name: `collector ${index}`,
    secret_type: "CREDENTIALS",
    tags: { environment: index % 2 === 0 ? "production" : "staging", owner: { team: "platform", cost: index % 100 } },
    schema: "google_oauth2_credentials",
    provider: "google_cloud",
    service_account_id: `sa-${id}`,
    project_id: `project-${String(index % 40).padStart(12, "0")}`,
    trusted_secret_id: null,
    domain_id: domainId,
    created_at: "2026-01-02T03:04:05.678Z",
    updated_at: "2026-01-02T03:04:05.678Z",
    version: 1,
    expires_at: null,
    dependents: 0,
    revision: 0,
    oldest_version: 1,
  };
}

function text(seed: string, length: number): string {
  let digest = "";
  for (let part = 0; digest.length < length; part += 1) {
    digest += createHash("sha512").update(`${seed} ${part}`).digest("base64");
  }
  return digest.slice(0, length);
}
