import { describeKeyService } from "../contract/key-service.ts";
import { FakeKeyService } from "./key-service.ts";

describeKeyService("FakeKeyService", async () => {
  const keys = new FakeKeyService();
  return {
    keys,
    setDown: (isDown) => {
      keys.isDown = isDown;
    },
    setDelay: (delayMs) => {
      keys.delayMs = delayMs;
    },
    close: async () => {},
  };
});
