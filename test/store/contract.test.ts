/** The contracts on DynamoDB Local. */

import type { Secret } from "../../lib/secret/secret.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { parseDataVersion } from "../../lib/store/items.ts";
import { dynamodbClient, loadSecrets, startDatabase } from "../../tools/local/database.ts";
import { findDeleted } from "../../tools/ops/undeletion/deleted.ts";
import { describeSecretRows } from "../contract/secret-rows.ts";
import { describeSecretStore } from "../contract/secret-store.ts";
import { FaultProxy, failure } from "./fault-proxy.ts";

async function start() {
  const local = await startDatabase();
  const proxy = await new FaultProxy(local.url).start();
  const client = dynamodbClient(proxy.url);
  const database = { client: documentClient(client), tables: local.tables };
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
    close: async () => {
      client.destroy();
      await proxy.close();
      await local.close();
    },
  };
}

describeSecretStore("dynamodbSecretStore", start);
describeSecretRows("dynamodbSecretRows", start);
