import type { FileChange, Merge } from "@dgov/semantic";
import { type Git, items } from "../git/git.ts";
import { type Conflict, changedTree, conflictsOf, isPlainText } from "../git/integrate.ts";
import type { Symbols } from "../semantic/symbols.ts";
import { linesMerged, mergeConflict } from "../settlement/by_symbol.ts";

/** Three trees by their ids, and what the sides are called. */
export type ThreeTrees = { base: string; left: string; right: string; names: Merge["called"] };

/**
 * What became of three trees. `tree` has all of it, with markers where nobody could merge. `by_symbols`: see `Merge`.
 * `changes`: with renames, as git has followed them.
 */
export type MergedTree = {
  tree: string;
  conflicts: Merge["conflicts"];
  by_symbols: Merge["by_symbols"];
  changes: Merge["changes"];
};

type Place = { git: Git; symbols: Pick<Symbols, "merge"> };

/** A person's merge follows files that were renamed; that of a task, which owns paths, does not. */
const FOLLOWING = { "merge.renames": "true", "merge.directoryRenames": "conflict", "diff.renames": "true" };
const SIDES = ["ours", "theirs"] as const;
/** The commits are nobody's, and their dates nobody's either. */
const NO_TIME_MS = 0;

/** Merges trees as git would, and by symbols the files on which git gives up. */
export async function mergeTrees(
  { git, symbols }: Place,
  { base, left, right, names }: ThreeTrees,
): Promise<MergedTree> {
  const commit = (tree: string, ...parents: string[]) =>
    git.text(["commit-tree", tree, ...parents.flatMap((one) => ["-p", one]), "-m", "side"], { at_ms: NO_TIME_MS });
  const root = await commit(base);
  const sides = await Promise.all([commit(left, root), commit(right, root)]);
  // By names, since git writes what it was given into the markers of a conflict.
  const stdin = SIDES.map((name, at) => `update refs/heads/${name} ${sides[at]}\n`).join("");
  await git.ask(["update-ref", "--stdin"], { stdin });
  const merging = ["merge-tree", "--write-tree", "-z", "--no-messages", ...SIDES];
  const { exit, bytes } = await git.ask(merging, { bare: true, ok: [0, 1], config: FOLLOWING });
  const [tree = "", ...entries] = items(bytes);
  const given = exit === 0 ? [] : conflictsOf(entries);
  const mended = new Map<string, { oid: string; lines: readonly string[] }>();
  const conflicts: Merge["conflicts"][number][] = [];
  for (const conflict of given) {
    const one = await mendOne({ git, symbols }, conflict, names);
    if ("reason" in one) conflicts.push(one);
    else mended.set(conflict.path, one);
  }
  if (exit !== 0 && given.length === 0) conflicts.push({ path: "", reason: "git cannot say where", symbols: [] });
  const modes = new Map(given.map(({ path, blobs }) => [path, blobs.ours?.mode ?? ""]));
  const news = [...mended].map(([path, { oid }]) => ({ mode: modes.get(path) ?? "", oid, path }));
  const [ours, theirs] = await Promise.all([followed(git, base, left), followed(git, base, right)]);
  return {
    tree: news.length === 0 ? tree : await changedTree(git, tree, news),
    conflicts,
    by_symbols: new Map([...mended].map(([path, { lines }]) => [path, lines])),
    changes: { left: ours, right: theirs },
  };
}

const REASONS: Readonly<Record<Conflict["kind"], string>> = {
  content: "both sides changed the same lines",
  add_add: "both sides added it, each with another content",
  modify_delete: "one side changed it and the other took it away",
  renamed: "one side moved it",
  other: "what one side made of it does not go together with what the other made of it",
};

async function mendOne(
  { git, symbols }: Place,
  conflict: Conflict,
  names: Merge["called"],
): Promise<Merge["conflicts"][number] | { oid: string; lines: readonly string[] }> {
  const { path, kind } = conflict;
  if (!isPlainText(conflict)) return { path, reason: REASONS[isSpecial(conflict) ? "other" : kind], symbols: [] };
  const merged = await mergeConflict({ git, symbols, names }, conflict);
  if (merged.did === "conflict")
    return { path, reason: "both sides changed the same symbols", symbols: merged.conflicts };
  if (merged.did === "refused") return { path, reason: `${REASONS[kind]}, and ${merged.reason}`, symbols: [] };
  const oid = await git.text(["hash-object", "-w", "--stdin"], { stdin: merged.text });
  return { oid, lines: linesMerged(new Map([[path, merged.decisions]])).get(path) ?? [] };
}

/** A link, another repository, or a file whose kind one side changed. */
const isSpecial = ({ kind, blobs }: Conflict): boolean =>
  (kind === "content" || kind === "add_add") &&
  Object.values(blobs).some((blob) => blob !== null && !blob.mode.startsWith("100"));

/** What differs, with the files that git holds to be renamed. */
async function followed(git: Git, from: string, to: string): Promise<FileChange[]> {
  const asked = ["diff-tree", "-r", "-z", "-M", "--name-status", from, to];
  const fields = items((await git.ask(asked)).bytes);
  const changes: FileChange[] = [];
  for (let at = 0; at < fields.length; ) {
    const status = fields[at] ?? "";
    const first = fields[at + 1] ?? "";
    if (/^[RC]/.test(status)) {
      changes.push({ from: status.startsWith("C") ? null : first, to: fields[at + 2] ?? "" });
      at += 3;
    } else {
      changes.push({ from: status === "A" ? null : first, to: status === "D" ? null : first });
      at += 2;
    }
  }
  return changes;
}
