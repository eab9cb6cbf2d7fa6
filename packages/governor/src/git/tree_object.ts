import { DgovError } from "../error.ts";
import type { Git } from "./git.ts";

/** What stands under a name in a folder. `gitlink`: another repository. */
export type TreeEntry = { kind: "file" | "program" | "link" | "folder" | "gitlink"; oid: string };

const KINDS: Readonly<Record<string, TreeEntry["kind"]>> = {
  "100644": "file",
  "100664": "file", // written by very old versions
  "100755": "program",
  "120000": "link",
  "40000": "folder",
  "160000": "gitlink",
};

/**
 * One folder of a tree, by its tree object's id: what changes in a big repository is looked at without listing it whole.
 * Names that are not UTF-8 are left out: nothing refers to them by a path that can be written.
 *
 * @throws DgovError `git_failed` when there is no such object, or it is no tree
 */
export async function readTree(git: Pick<Git, "objects">, oid: string): Promise<Map<string, TreeEntry>> {
  return parseTree(await git.objects.content(oid), oid.length / 2);
}

/** A tree object is a row of `mode SP name NUL id`, the id in raw bytes: 20 or 32 of them, as the repository has. */
export function parseTree(bytes: Uint8Array, oid_bytes: number): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const zero = buffer.indexOf(0, space + 1);
    const end = zero + 1 + oid_bytes;
    const kind = space < 0 ? undefined : KINDS[buffer.toString("latin1", at, space)];
    if (kind === undefined || zero < 0 || end > buffer.length)
      throw new DgovError("git_failed", "Cannot read a folder of the repository: its object is no tree");
    const name = decode(buffer.subarray(space + 1, zero));
    if (name !== null) entries.set(name, { kind, oid: buffer.toString("hex", zero + 1, end) });
    at = end;
  }
  return entries;
}

const REPLACED = "\ufffd";
function decode(bytes: Uint8Array): string | null {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return text.includes(REPLACED) && !Buffer.from(text).equals(bytes) ? null : text;
}
