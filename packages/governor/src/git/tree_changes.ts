import type { Git } from "./git.ts";
import { knownOf } from "./known_objects.ts";
import { pathText, readRows, sortKey, type TreeRow, treeOf } from "./tree_object.ts";

/**
 * A path that differs between two trees. A name that is not UTF-8 has U+FFFD in it.
 *
 * `gitlink`     another repository stands there (its files are in the tree where it was embedded by the worker)
 * `unstorable`  git refuses to hold such a name, for example a folder `.GIT`, or such a thing, for example a pipe where a
 *               file was; it is not in the tree
 * `size_bytes`  of the new content; null when there is none
 */
export type Change = {
  path: string;
  kind: "added" | "modified" | "deleted" | "type" | "gitlink" | "unstorable";
  old_mode: string; // six octal digits, "000000" for none
  new_mode: string;
  old_oid: string;
  new_oid: string;
  size_bytes: number | null;
};

/**
 * What differs between two trees or commits, in git's order. Only folders that differ are read, and no process is started
 * for it. Objects do not change, so a question is answered once: nobody may write into the answer.
 *
 * @throws DgovError `git_failed` when there is no such tree
 */
export async function diffTrees(git: Pick<Git, "objects">, from: string, to: string): Promise<readonly Change[]> {
  const [before, after] = await Promise.all([treeOf(git, from), treeOf(git, to)]);
  return differences(git, `${before} ${after}`, async () => withSizes(git, await differs(git, before, after)));
}

/** Each candidate is compared when it is frozen, when it is judged, and often once more on the same head. */
const differences = knownOf<Change[]>(64);

type Side = TreeRow | null;

/** @param at the folder's path with a slash at its end, or "" */
async function differs(
  git: Pick<Git, "objects">,
  before: string | null,
  after: string | null,
  at = "",
): Promise<Change[]> {
  if (before === after) return [];
  const rows = async (oid: string | null) => (oid === null ? [] : await readRows(git, oid));
  const [old, young] = await Promise.all([rows(before), rows(after)]);
  const parts = pairs(old, young).map(([from, to]): Change[] | Promise<Change[]> => {
    const path = `${at}${(from ?? to)?.name}`;
    const isFolder = (from ?? to)?.kind === "folder";
    return isFolder ? differs(git, from?.oid ?? null, to?.oid ?? null, `${path}/`) : [changed(path, from, to)];
  });
  return (await Promise.all(parts)).flat();
}

/** What is not the same on both sides, side by side. A folder and a file of one name are two entries, as git has them. */
function pairs(old: readonly TreeRow[], young: readonly TreeRow[]): [Side, Side][] {
  const edited: [Side, Side][] = [];
  let at = 0; // until one of the sides has an entry that the other has not, they go in step
  for (; at < old.length; at += 1) {
    const [row, other] = [old[at]!, young[at]];
    if (other === undefined || sortKey(other) !== sortKey(row)) break;
    if (!isSame(other, row)) edited.push([row, other]);
  }
  return [...edited, ...pairsByKey(old.slice(at), young.slice(at))];
}

function pairsByKey(old: readonly TreeRow[], young: readonly TreeRow[]): [Side, Side][] {
  const after = new Map(young.map((row) => [sortKey(row), row]));
  const differing: [string, [Side, Side]][] = [];
  for (const row of old) {
    const key = sortKey(row);
    const other = after.get(key) ?? null;
    after.delete(key);
    if (other === null || !isSame(other, row)) differing.push([key, [row, other]]);
  }
  for (const [key, row] of after) differing.push([key, [null, row]]);
  return differing.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}

const isSame = (one: TreeRow, other: TreeRow): boolean => one.oid === other.oid && one.kind === other.kind;

function changed(path: string, from: Side, to: Side): Change {
  const none = "0".repeat((from ?? to)?.oid.length ?? 0);
  return {
    path: pathText(path),
    kind: kindOf(from, to),
    old_mode: from === null ? NO_MODE : MODES[from.kind],
    new_mode: to === null ? NO_MODE : MODES[to.kind],
    old_oid: from?.oid ?? none,
    new_oid: to?.oid ?? none,
    size_bytes: null,
  };
}

const NO_MODE = "000000";
const MODES: Readonly<Record<TreeRow["kind"], string>> = {
  file: "100644",
  program: "100755",
  link: "120000",
  folder: "040000",
  gitlink: "160000",
};

function kindOf(from: Side, to: Side): Change["kind"] {
  if (from?.kind === "gitlink" || to?.kind === "gitlink") return "gitlink";
  if (from === null) return "added";
  if (to === null) return "deleted";
  return (from.kind === "link") === (to.kind === "link") ? "modified" : "type";
}

async function withSizes(git: Pick<Git, "objects">, changes: Change[]): Promise<Change[]> {
  const sized = changes.filter(({ kind, new_mode }) => kind !== "gitlink" && new_mode !== NO_MODE);
  if (sized.length === 0) return changes;
  const infos = await git.objects.info(sized.map(({ new_oid }) => new_oid));
  const known = new Map(sized.map(({ path }, at) => [path, infos[at]?.size_bytes ?? 0]));
  return changes.map((change) => ({ ...change, size_bytes: known.get(change.path) ?? null }));
}
