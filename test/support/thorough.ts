/** Whether this run tries all cases (`npm run test:deep`), or only some (`npm test`). */

import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    readonly isThorough: boolean;
  }
}

export const isThorough: boolean = inject("isThorough");

/** All cases in a thorough run; otherwise the first few. */
export function someOf<Case>(cases: readonly Case[], few: number): readonly Case[] {
  return isThorough ? cases : cases.slice(0, few);
}
