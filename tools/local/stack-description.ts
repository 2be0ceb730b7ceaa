/** Where everything of a running stack is. */

import type { TableNames } from "./deployment.ts";

/** What `stack.json` says: where everything is, for tools and tests. */
export interface StackDescription {
  readonly api: string;
  readonly lambda: string;
  readonly dynamodb: string;
  readonly kms: string;
  readonly issuer: string;
  /** The page that shows and tries the API. */
  readonly reference: string;
  readonly region: string;
  readonly tables: TableNames;
  readonly key_id: string;
  /** Route → name to invoke the function by. */
  readonly functions: { readonly [route: string]: string };
}
