import type { Git } from "./git.ts";
import { keepRows, readRows, sortKey, type TreeEntry, type TreeRow } from "./tree_object.ts";
import { oidOf, writeObject } from "./write_object.ts";

/** Ids of trees. */
export type Sides = { base: string; ours: string; theirs: string };

type Merged = { oid: string; written: readonly Folder[] };
type Folder = { oid: string; rows: readonly TreeRow[] };

/**
 * The merge of two trees that have changed other files since their base: each name is as the side has it that changed it. No
 * content is looked at, and no rename.
 *
 * @returns null where both sides changed something of one name, or a folder is left empty: git has to be asked
 */
export async function mergeTrees(git: Git, sides: Sides): Promise<string | null> {
  const merged = await mergeFolder(git, sides);
  if (merged === null) return null;
  for (const { oid, rows } of merged.written) {
    await writeObject(git, { type: "tree", bytes: treeBytes(rows) }, oid.length / 2);
    keepRows(git, oid, rows);
  }
  return merged.oid;
}

async function mergeFolder(git: Git, { base, ours, theirs }: Sides): Promise<Merged | null> {
  if (base === theirs || ours === theirs) return { oid: ours, written: [] };
  if (base === ours) return { oid: theirs, written: [] };
  const [before, left, right] = await Promise.all([base, ours, theirs].map((oid) => namesIn(git, oid)));
  if (!before || !left || !right) return null;
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const merged = await Promise.all(
    names.map((name) => mergeName(git, [before.get(name), left.get(name), right.get(name)])),
  );
  const rows: TreeRow[] = [];
  const written: Folder[] = [];
  for (const one of merged) {
    if (one === null) return null;
    if (one.row) rows.push(one.row);
    written.push(...one.written);
  }
  if (rows.length === 0) return null;
  const sorted = rows.map((row) => ({ row, key: sortKey(row) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  const whole = sorted.map(({ row }) => row);
  const oid = oidOf("tree", treeBytes(whole), ours.length / 2);
  return { oid, written: [...written, { oid, rows: whole }] };
}

/** null: its object is not what would be written for its rows, as where it has modes of very old versions. */
async function namesIn(git: Git, oid: string): Promise<ReadonlyMap<string, TreeRow> | null> {
  const rows = await readRows(git, oid);
  const isSame = oidOf("tree", treeBytes(rows), oid.length / 2) === oid;
  return isSame ? new Map(rows.map((row) => [row.name, row])) : null;
}

type Row = TreeRow | undefined;

/** What stands under a name in the merge; null: both sides changed it. */
async function mergeName(
  git: Git,
  [base, ours, theirs]: readonly [Row, Row, Row],
): Promise<{ row: Row; written: readonly Folder[] } | null> {
  if (isSame(base, theirs) || isSame(ours, theirs)) return { row: ours, written: [] };
  if (isSame(base, ours)) return { row: theirs, written: [] };
  if (base?.kind !== "folder" || ours?.kind !== "folder" || theirs?.kind !== "folder") return null;
  const inside = await mergeFolder(git, { base: base.oid, ours: ours.oid, theirs: theirs.oid });
  return inside && { row: { ...ours, oid: inside.oid }, written: inside.written };
}

const isSame = (one: Row, other: Row): boolean => one?.oid === other?.oid && one?.kind === other?.kind;

/** The object of a folder with these entries, which are in git's order. */
function treeBytes(rows: readonly TreeRow[]): Buffer {
  return Buffer.concat(
    rows.flatMap(({ kind, name, oid }) => [Buffer.from(`${MODES[kind]} ${name}\0`, "latin1"), Buffer.from(oid, "hex")]),
  );
}

const MODES: Readonly<Record<TreeEntry["kind"], string>> = {
  file: "100644",
  program: "100755",
  link: "120000",
  folder: "40000",
  gitlink: "160000",
};
