import type { Secret } from "../../lib/secret/secret.ts";
import { describeSecretRows } from "../contract/secret-rows.ts";
import { describeSecretStore } from "../contract/secret-store.ts";
import { FakeSecretStore } from "./secret-store.ts";

const start = () => {
  const store = new FakeSecretStore();
  return {
    store,
    rows: store,
    load: async (secrets: readonly Secret[]) => {
      for (const secret of secrets) store.load(secret);
    },
    setDown: (isDown: boolean) => {
      store.isDown = isDown;
    },
    findDeleted: async (domainId: string, secretId: string) => store.findDeleted(domainId, secretId),
    close: async () => undefined,
  };
};

describeSecretStore("FakeSecretStore", async () => start());
describeSecretRows("FakeSecretStore", async () => start());
