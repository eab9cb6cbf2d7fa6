import { DgovError } from "../error.ts";
import type { Git } from "./git.ts";
import { isOid, knownOf } from "./known_objects.ts";

/** @throws DgovError `git_failed` when there is no such commit or tree */
export const treeOf = (git: Pick<Git, "objects">, commit: string): Promise<string> =>
  isOid(commit) ? trees(git, commit, () => lookUp(git, commit)) : lookUp(git, commit);

const trees = knownOf<string>(1_000);

async function lookUp(git: Pick<Git, "objects">, commit: string): Promise<string> {
  const [tree] = await git.objects.info([`${commit}^{tree}`]);
  if (!tree) throw new DgovError("git_failed", `Cannot find the tree of "${commit}": there is no such commit`);
  return tree.oid;
}

/** What stands under a name in a folder. `gitlink`: another repository. */
export type TreeEntry = { kind: "file" | "program" | "link" | "folder" | "gitlink"; oid: string };

/** An entry as the object has it. `name`: as latin-1, so that no two names are one. */
export type TreeRow = TreeEntry & { name: string };

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
export async function readTree(git: Pick<Git, "objects">, oid: string): Promise<ReadonlyMap<string, TreeEntry>> {
  return byName(await readRows(git, oid));
}

/** The same where it need not be waited for; null: it was not read lately. */
export function treeAtHand(git: Pick<Git, "objects">, oid: string): ReadonlyMap<string, TreeEntry> | null {
  const rows = rowsAtHand(keptOf(git.objects), oid);
  return rows === null ? null : byName(rows);
}

function byName(rows: readonly TreeRow[]): ReadonlyMap<string, TreeEntry> {
  const known = named.get(rows);
  if (known) return known;
  const entries = new Map<string, TreeEntry>();
  for (const row of rows) {
    const text = nameOf(row.name);
    if (text !== null) entries.set(text, row);
  }
  named.set(rows, entries);
  return entries;
}

const named = new WeakMap<readonly TreeRow[], ReadonlyMap<string, TreeEntry>>();

/**
 * All entries of a tree object in git's order. The same folders are looked at again and again while a run lasts: the last
 * ones are kept.
 *
 * @throws DgovError `git_failed` when there is no such object, or it is no tree
 */
export async function readRows(git: Pick<Git, "objects">, oid: string): Promise<readonly TreeRow[]> {
  const kept = keptOf(git.objects);
  const known = rowsAtHand(kept, oid);
  if (known) return known;
  const rows = parseTree(await git.objects.content(oid), oid.length / 2);
  keepRows(git, oid, rows);
  return rows;
}

/** Has at hand what somebody has read, or written. */
export function keepRows(git: Pick<Git, "objects">, oid: string, rows: readonly TreeRow[]): void {
  const kept = keptOf(git.objects);
  kept.count += kept.rows.has(oid) ? 0 : rows.length;
  kept.rows.set(oid, rows);
  for (const [oldest, its] of kept.rows) {
    if (kept.count <= ROWS_MAX) break;
    kept.rows.delete(oldest);
    kept.count -= its.length;
  }
}

function rowsAtHand(kept: Kept, oid: string): readonly TreeRow[] | null {
  const known = kept.rows.get(oid);
  if (!known) return null;
  kept.rows.delete(oid); // it is the youngest now
  kept.rows.set(oid, known);
  return known;
}

type Kept = { rows: Map<string, readonly TreeRow[]>; count: number };
const read = new WeakMap<Git["objects"], Kept>();
/** Some megabytes: the folders above what a dozen tasks change in a very large repository. */
const ROWS_MAX = 50_000;

function keptOf(objects: Git["objects"]): Kept {
  const kept = read.get(objects) ?? { rows: new Map(), count: 0 };
  read.set(objects, kept);
  return kept;
}

/** A tree object is a row of `mode SP name NUL id`, the id in raw bytes: 20 or 32 of them, as the repository has. */
export function parseTree(bytes: Uint8Array, oid_bytes: number): TreeRow[] {
  const rows: TreeRow[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [text, hex] = [buffer.toString("latin1"), buffer.toString("hex")]; // cut up, it is half the work of reading each
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(" ", at);
    const zero = text.indexOf("\0", space + 1);
    const end = zero + 1 + oid_bytes;
    const kind = space < 0 ? undefined : KINDS[text.slice(at, space)];
    if (kind === undefined || zero < 0 || end > text.length)
      throw new DgovError("git_failed", "Cannot read a folder of the repository: its object is no tree");
    rows.push({ kind, oid: hex.slice(2 * zero + 2, 2 * end), name: text.slice(space + 1, zero) });
    at = end;
  }
  return rows;
}

/** Git sorts by bytes, as latin-1 does, and a folder as if it ended with a slash. */
export const sortKey = ({ name, kind }: TreeRow): string => (kind === "folder" ? `${name}/` : name);

/** A row's name as text; null when it is not UTF-8. */
function nameOf(name: string): string | null {
  const text = pathText(name);
  return text.includes(REPLACED) && !Buffer.from(text).equals(Buffer.from(name, "latin1")) ? null : text;
}

/** Names as text; what is not UTF-8 in them becomes U+FFFD. */
export const pathText = (name: string): string =>
  /^[\0-\x7f]*$/.test(name) ? name : decoder.decode(Buffer.from(name, "latin1"));

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const REPLACED = "\ufffd";
