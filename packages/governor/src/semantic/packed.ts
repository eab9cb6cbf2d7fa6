/** Plain data as bytes: compressed, and behind a digest of that, for pipes that break and disks that forget. */
export type Packed = Uint8Array<ArrayBuffer>;

/** By the fastest level: what is packed once is unpacked many times. */
export function pack(value: unknown): Packed {
  const bytes = Bun.zstdCompressSync(Buffer.from(JSON.stringify(value)), { level: 1 });
  return Buffer.concat([digest(bytes), bytes]);
}

/** @returns null when these are not the bytes that were packed */
export function unpack(packed: Uint8Array): unknown {
  const bytes = packed.subarray(DIGEST_BYTES);
  if (!digest(bytes).equals(packed.subarray(0, DIGEST_BYTES))) return null;
  return JSON.parse(Buffer.from(Bun.zstdDecompressSync(bytes)).toString("utf8"));
}

const DIGEST_BYTES = 8;
function digest(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const made = Buffer.alloc(DIGEST_BYTES);
  made.writeBigUInt64LE(BigInt(Bun.hash(bytes)));
  return made;
}
