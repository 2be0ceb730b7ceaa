import type { Secret } from "../../lib/secret/secret.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { parseDataVersion } from "../../lib/store/items.ts";
import { loadSecrets } from "../../tools/local/database.ts";
import { findDeleted } from "../../tools/ops/undeletion/deleted.ts";
import { describeSecretRows } from "../contract/secret-rows.ts";
import { describeSecretStore } from "../contract/secret-store.ts";
import { failure } from "./fault-proxy.ts";
import { startProxiedDatabase } from "./proxied-database.ts";

async function start() {
  const database = await startProxiedDatabase();
  const { local, proxy } = database;
  return {
    store: dynamodbSecretStore(database),
    rows: dynamodbSecretRows(database),
    load: async (secrets: readonly Secret[]) => await loadSecrets(local, secrets),
    setDown: (isDown: boolean) => {
      proxy.otherwise = isDown ? failure("InternalServerError", { status: 500 }) : "serve";
    },
    async findDeleted(domainId: string, secretId: string) {
      const found = await findDeleted(local, domainId, secretId);
      if (found === undefined) return undefined;
      const { secret, data, ...kept } = found;
      return { secret, data: data && parseDataVersion(domainId, secretId, data), kept };
    },
    close: database.close,
  };
}

describeSecretStore("dynamodbSecretStore", start);
describeSecretRows("dynamodbSecretRows", start);
