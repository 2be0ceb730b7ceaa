/** What an answer shows of a secret, by what `only` and `minimal` ask for. Types only. */

import type { SecretInfo } from "./messages.ts";

export type MinimalSecretInfo = Pick<SecretInfo, "secret_id" | "name" | "secret_type">;

/**
 * `never` is what was not asked for: the whole secret, then. What is known only as the program runs (a `string[]`, a
 * `boolean`) shows any part of it. `minimal` wins.
 */
export type Shown<Path extends string, Minimal extends boolean = never> = [Minimal] extends [never]
  ? ByPath<Path>
  : [Minimal] extends [true]
    ? MinimalSecretInfo
    : [Minimal] extends [false]
      ? ByPath<Path>
      : Partial<SecretInfo>;

type ByPath<Path extends string> = [Path] extends [never]
  ? SecretInfo
  : string extends Path
    ? Partial<SecretInfo>
    : Pick<SecretInfo, Extract<Path, keyof SecretInfo>> &
        ([Extract<Path, `tags.${string}`>] extends [never] ? unknown : Partial<Pick<SecretInfo, "tags">>);
