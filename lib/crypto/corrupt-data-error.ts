/** The one way in which opening fails. It tells nothing more, so that there is nothing for an attacker to learn from it. */

/** Stored data does not open: key, tag, layout or context is not the one it was sealed with. Never has a cause. */
export class CorruptDataError extends Error {
  override readonly name = "CorruptDataError";

  constructor() {
    super("The data cannot be opened.");
  }
}
