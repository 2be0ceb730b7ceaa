/** The canonical bytes of an encryption context: one byte string for each, whatever the order of its pairs. Pure. */

/**
 * Encodes label and pairs injectively: every text is preceded by its length in bytes, the pairs by their number, as
 * 32-bit big-endian integers; the pairs are sorted by the UTF-8 bytes of their names. Nothing can follow that would
 * make two of these encodings one, so they may be the beginning of a longer byte string.
 * @throws TypeError for a text with a lone surrogate, which has no UTF-8 form of its own
 */
export function encodeContext(label: string, context: { readonly [name: string]: string }): Buffer {
  const pairs = Object.entries(context)
    .map(([name, value]) => ({ name: toUtf8(name), value: toUtf8(value) }))
    .sort((a, b) => a.name.compare(b.name));
  const texts = pairs.flatMap(({ name, value }) => [uint32(name.length), name, uint32(value.length), value]);
  const labelBytes = toUtf8(label);
  return Buffer.concat([uint32(labelBytes.length), labelBytes, uint32(pairs.length), ...texts]);
}

function toUtf8(text: string): Buffer {
  if (!text.isWellFormed()) {
    throw new TypeError("An encryption context must be well-formed Unicode.");
  }
  return Buffer.from(text);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
