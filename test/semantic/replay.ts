import type { Conflict, Merge } from "../../packages/semantic/src/check/trees.ts";
import { type Judgement, judge } from "../../packages/semantic/src/judge.ts";
import { type LoadingTree, openLoadingTree, untilLoaded, type Wanted } from "../../packages/semantic/src/load_trees.ts";
import type { FileView } from "../../packages/semantic/src/tree_view.ts";
import type { Analyst, MergedText } from "./analyst.ts";
import type { GitMerge, Repository, Stages } from "./repository.ts";

/** What became of one merge. `texts`: what the merge by symbols made of paths on which git gave up. */
export type Replayed = {
  judgement: Judgement;
  conflicts: readonly Conflict[];
  texts: ReadonlyMap<string, string>;
};

/** Three commits, and what git made of the last two. */
export type Ask = { base: string; left: string; right: string; git: GitMerge };

const CALLED = { left: "left", right: "right" };

/** Merges by symbols what git could not, and judges the result. */
export async function replay(
  repository: Repository,
  analyst: Analyst,
  { base, left, right, git }: Ask,
): Promise<Replayed> {
  const texts = new Map<string, string>();
  const conflicts: Conflict[] = [];
  const by_symbols = new Map<string, readonly string[]>();
  for (const stages of git.conflicts) {
    const merged = await mergeOne(repository, analyst, stages);
    if ("reason" in merged) conflicts.push(merged);
    else {
      texts.set(stages.path, merged.text);
      by_symbols.set(stages.path, merged.lines);
    }
  }
  const [mine, theirs] = await Promise.all([left, right].map((side) => repository.changes(base, side)));
  const changes = { left: mine ?? [], right: theirs ?? [] };
  const trees = [base, left, right, git.tree].map((commit, index) =>
    openTree(repository, analyst, commit, index === 3 ? texts : NONE),
  );
  const [baseTree, leftTree, rightTree, mergedTree] = trees as [Open, Open, Open, Open];
  const views = {
    base: baseTree.tree.view,
    left: leftTree.tree.view,
    right: rightTree.tree.view,
    merged: mergedTree.tree.view,
  };
  const merge: Merge = { changes, conflicts, by_symbols, called: CALLED };
  const judgement = await untilLoaded(
    trees.map(({ tree }) => tree),
    (tree, wanted) => (trees.find((one) => one.tree === tree) as Open).load(wanted),
    () => judge(views, merge, analyst.rules),
  );
  return { judgement, conflicts, texts };
}

const NONE: ReadonlyMap<string, string> = new Map();

async function mergeOne(
  repository: Repository,
  analyst: Analyst,
  { path, base, left, right }: Stages,
): Promise<MergedText | Conflict> {
  if (left === null || right === null)
    return { path, reason: "one side changed it and the other took it away", symbols: [] };
  const read = async (oid: string | null) => (oid === null ? "" : decoded(await repository.blob(oid)));
  const [was, mine, theirs] = await Promise.all([read(base), read(left), read(right)]);
  if (was === null || mine === null || theirs === null) return { path, reason: "it is not text", symbols: [] };
  return analyst.merge(path, { base: was, left: mine, right: theirs });
}

type Open = { tree: LoadingTree; load(wanted: Wanted): Promise<void> };

/** `texts` stand in place of what the commit has. */
function openTree(repository: Repository, analyst: Analyst, commit: string, texts: ReadonlyMap<string, string>): Open {
  const tree = openLoadingTree();
  const folders = new Map<string, string>([["", `${commit}^{tree}`]]);
  const blobs = new Map<string, string>();
  const join = (folder: string, name: string) => (folder === "" ? name : `${folder}/${name}`);
  const loadFolder = async (folder: string) => {
    const oid = folders.get(folder);
    if (oid === undefined) return tree.giveFolder(folder, null);
    const entries = await repository.tree(oid);
    for (const entry of entries) (entry.folder ? folders : blobs).set(join(folder, entry.name), entry.oid);
    tree.giveFolder(
      folder,
      entries.map(({ name, oid: id, folder: isFolder }) => ({
        name: isFolder ? `${name}/` : name,
        blob: isFolder ? null : texts.has(join(folder, name)) ? `merged ${join(folder, name)}` : id,
      })),
    );
  };
  const loadFile = async (path: string) => {
    const text = texts.get(path);
    const oid = blobs.get(path);
    if (text !== undefined) return tree.giveFile(path, analyst.view(path, text));
    tree.giveFile(path, oid === undefined ? null : await viewOf(repository, analyst, path, oid));
  };
  return {
    tree,
    load: async ({ folders: wantedFolders, files }) => {
      for (const folder of wantedFolders) await loadFolder(folder);
      for (const file of files) await loadFile(file);
    },
  };
}

async function viewOf(repository: Repository, analyst: Analyst, path: string, oid: string): Promise<FileView> {
  return analyst.known(path, oid, async () => decoded(await repository.blob(oid)));
}

/** null: it is no UTF-8 text. */
export function decoded(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return text.includes("\ufffd") ? null : text;
}
