/** Moves one secret: reads its data, decrypts it if needed, seals it, and stores it in one transaction. */

import { SecretError } from "../../../lib/base/errors.ts";
import { JsonText, JsonTextError, parseObject } from "../../../lib/base/json-text.ts";
import type { KeyService } from "../../../lib/crypto/key-service.ts";
import { sealVersion } from "../../../lib/method/data-version.ts";
import { parseUpdateData } from "../../../lib/request/messages.ts";
import { limits, type Secret } from "../../../lib/secret/secret.ts";
import type { Refusal, SecretRows, SecretStore } from "../../../lib/store/secret-store.ts";
import type { StoredValue } from "./export-files.ts";
import { EncryptionError, openAes } from "./open-aes.ts";
import type { PlannedSecret } from "./plan.ts";

export interface MigrationPorts {
  readonly secrets: Pick<SecretStore, "createSecret" | "findSecret">;
  readonly rows: Pick<SecretRows, "findIdsByNames">;
  readonly keys: Pick<KeyService, "generateDataKey">;
}

export interface MoveRules {
  /** Cloudforet's key for encrypted data. */
  readonly key: Buffer | null;
  /** Whether secrets are written. Without it, everything else is done. */
  readonly isApplied: boolean;
}

export type Outcome =
  | { readonly kind: "moved"; readonly name: string }
  /** An earlier run has moved it. */
  | { readonly kind: "present" }
  | { readonly kind: "refused"; readonly reason: string };

/** Another run may store the same secret meanwhile; the next look finds it. */
const maxLooks = 3;

/** @throws ERROR_UNAVAILABLE */
export async function moveSecret(
  planned: PlannedSecret,
  value: StoredValue,
  rules: MoveRules,
  ports: MigrationPorts,
): Promise<Outcome> {
  for (let look = 1; look <= maxLooks; look++) {
    const before = await findMoved(planned, ports);
    if (before !== undefined) return before;
    const data = readData(planned, value, rules.key);
    const outcome = data instanceof JsonText ? await store(planned, data, rules, ports) : data;
    if (outcome !== undefined) return outcome;
  }
  return { kind: "refused", reason: "keeps being created and deleted here" };
}

/** The outcome if the id exists already; `undefined` if it does not. @throws ERROR_UNAVAILABLE */
export async function findMoved(
  { secret }: PlannedSecret,
  { secrets }: Pick<MigrationPorts, "secrets">,
): Promise<Outcome | undefined> {
  const found = await secrets.findSecret(secret.domain_id, secret.secret_id);
  if (found === undefined) return undefined;
  if (found.created_at === secret.created_at) return { kind: "present" };
  return { kind: "refused", reason: `has the id of another secret here, which was created at ${found.created_at}` };
}

/** The data as the API accepts it, or the reason why it would not. */
function readData({ encryption }: PlannedSecret, value: StoredValue, key: Buffer | null): JsonText | Outcome {
  try {
    const stored = value.read();
    const data = encryption.isEncrypted ? openAes(stored, encryption.options, key) : stored;
    const message = parseObject(`{"data":${data.text}}`, "data", limits.dataDepth + 1);
    return parseUpdateData({ ...message, secret_id: "id", domain_id: "id" }).data;
  } catch (error) {
    if (error instanceof JsonTextError) return { kind: "refused", reason: `has data that ${error.message}` };
    if (error instanceof EncryptionError) return { kind: "refused", reason: error.message };
    if (error instanceof SecretError) return { kind: "refused", reason: `has data that is refused: ${error.message}` };
    throw error;
  }
}

/** Stores it under its name, or under `otherName` if that is taken. `undefined` if its id was taken just now. */
async function store(
  { secret, otherName, trustedSourceId }: PlannedSecret,
  data: JsonText,
  rules: MoveRules,
  ports: MigrationPorts,
): Promise<Outcome | undefined> {
  for (const name of otherName === null ? [secret.name] : [secret.name, otherName]) {
    const refusal = await write({ ...secret, name }, data, rules, ports);
    if (refusal === null) return { kind: "moved", name };
    if (refusal === "id-taken") return undefined;
    if (refusal === "trusted-secret") {
      return {
        kind: "refused",
        reason: `inherits from ${trustedSourceId}, which is not here, or itself inherits from another secret`,
      };
    }
  }
  return { kind: "refused", reason: "has a name that is taken here, and is too long for a suffix" };
}

/** @returns why it was refused; `null` if it was written, or would be in a dry run */
async function write(
  secret: Secret,
  data: JsonText,
  { isApplied }: MoveRules,
  { secrets, rows, keys }: MigrationPorts,
): Promise<Refusal | null> {
  if (!isApplied) {
    const holders = await rows.findIdsByNames(secret.domain_id, [secret.name]);
    return holders.length > 0 ? "name-taken" : null;
  }
  const { domain_id: domainId, secret_id: secretId, trusted_secret_id: trustedSecretId } = secret;
  const id = { domainId, secretId, version: 1, trustedSecretId };
  const version = await sealVersion(id, data, { now: new Date(secret.created_at) }, keys);
  const result = await secrets.createSecret({ secret, data: version, token: null, visibleProjects: null });
  return result.kind === "done" ? null : result.refusal;
}
