/** Whether this run tries everything (`npm run test:deep`), or what every change is tried with (`npm test`). */

import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    readonly isThorough: boolean;
  }
}

export const isThorough: boolean = inject("isThorough");

/** All cases; in `npm test` the first few of them. */
export function someOf<Case>(cases: readonly Case[], few: number): readonly Case[] {
  return isThorough ? cases : cases.slice(0, few);
}
