import { createHash } from "node:crypto";

/**
 * The root of a tree of hashes, as RFC 9162 (2.1) makes it: a leaf and a knot are hashed behind different bytes, so that
 * neither can stand for the other, and an odd one goes up as it is instead of being counted twice.
 *
 * @param hashes sha-256 in hex, in order
 * @returns sha-256 in hex; of none, that of nothing
 */
export function merkleRoot(hashes: readonly string[]): string {
  let level = hashes.map((hash) => sha256(LEAF, Buffer.from(hash, "hex")));
  if (level.length === 0) return sha256().toString("hex");
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at]!, level[at + 1]];
      above.push(right === undefined ? left : sha256(KNOT, left, right));
    }
    level = above;
  }
  return level[0]!.toString("hex");
}

const LEAF = Buffer.of(0);
const KNOT = Buffer.of(1);

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
