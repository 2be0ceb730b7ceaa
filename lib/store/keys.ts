/** What can be a key at all: DynamoDB answers a look-up of anything else with an error. */

/** Whether a text can be a partition key, alone or as a part of an index's. */
export function isPartitionKey(text: string): boolean {
  return isKey(text, 2048);
}

export function isSortKey(text: string): boolean {
  return isKey(text, 1024);
}

/** Ill-formed text (half a surrogate pair) is no key: it would be sent as another text. */
function isKey(text: string, maxBytes: number): boolean {
  return text !== "" && text.isWellFormed() && Buffer.byteLength(text) <= maxBytes;
}
