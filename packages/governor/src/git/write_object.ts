import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DgovError } from "../error.ts";
import type { Git } from "./git.ts";

export type ObjectType = "tree" | "commit";

/** An object's id, in hexadecimal digits. @param oid_bytes 20 or 32, as the repository's hash */
export function oidOf(type: ObjectType, bytes: Uint8Array, oid_bytes: number): string {
  const hasher = new Bun.CryptoHasher(oid_bytes === 20 ? "sha1" : "sha256");
  return hasher.update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
}

/**
 * Writes an object where git would, and in the same way: a file of its own that appears whole. Where the repository says
 * something of how such files are written, git does it.
 *
 * @throws DgovError `git_failed`
 */
export async function writeObject(
  git: Git,
  { type, bytes }: { type: ObjectType; bytes: Uint8Array },
  oid_bytes: number,
): Promise<string> {
  if (!(await git.writesPlainly())) return git.text(["hash-object", "-t", type, "-w", "--stdin"], { stdin: bytes });
  const oid = oidOf(type, bytes, oid_bytes);
  const folder = join(await git.commonDir(), "objects", oid.slice(0, 2));
  const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
  try {
    writeLoose(join(folder, oid.slice(2)), zlibOf(whole));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new DgovError("git_failed", `Cannot write the object "${oid}": ${error.message}`, { cause: error });
  }
  return oid;
}

/** Deflated at the level that git has for them, between the head and the sum of zlib's format. */
function zlibOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(Bun.hash.adler32(bytes));
  return Buffer.concat([Buffer.of(0x78, 0x01), Bun.deflateSync(bytes, { level: 1 }), sum]);
}

/**
 * Also where the object is there already: it is young then, and no tidying up takes it. What a kill leaves has a name that git's
 * own tidying up knows.
 */
function writeLoose(file: string, bytes: Uint8Array): void {
  const folder = dirname(file);
  const part = join(folder, `tmp_obj_${basename(file)}_${process.pid}`);
  mkdirSync(folder, { recursive: true });
  rmSync(part, { force: true });
  try {
    writeFileSync(part, bytes, { mode: 0o444, flag: "wx" });
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}
