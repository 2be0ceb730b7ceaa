/** Keeps two stacks from working in one folder. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the folder until the function returned is called or the process ends, however it ends: SQLite's lock on a file
 * is the system's, so that none is ever left behind.
 * @throws Error with a sentence for the user, when another stack has it
 */
export function lockFolder(folder: string): () => void {
  const database = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new Error(`Another stack works in ${folder}: end it, or choose another folder with LOCAL_DIR.`, { cause });
  }
  return () => database.close();
}
