import { STRUCTURE_BASELINE } from "./baseline_files.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { treeOfIndex } from "./git/index_tree.ts";
import { openStored } from "./git/stored_objects.ts";
import { diffTrees } from "./git/tree_changes.ts";
import { treeOf } from "./git/tree_object.ts";
import { takeDown, verdictOf } from "./preflight/answer.ts";
import { judgeContents, type PathRules } from "./preflight/contents.ts";
import { indexKey, indexOf, keepView, knownView, quietKey, subjectKey } from "./preflight/keys.ts";
import { type CommitPlace, findCommitPlace, gitIn, headOf } from "./preflight/place.ts";
import { STAGED, stagedTree } from "./preflight/subject.ts";
import { type Kept, openKept } from "./preflight/verdicts.ts";
import type { JudgedGate, PreflightView } from "./preflight/view.ts";
import { PROJECT_FILE } from "./project_file.ts";
import { RULES_FOLDER } from "./settlement/rules/load.ts";

export type { JudgedGate, PreflightView };

type Asking = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  now_ms: () => number;
};

/**
 * What preflight says of what is staged, where it is known, or where the contents alone are to be judged. It loads nothing
 * that reads configurations or parses code: most commits wait for no more than this.
 *
 * @returns null where more is to be asked, or something is wrong: `preflight` says what
 */
export async function preflightAtOnce({ cwd, env, version, now_ms }: Asking): Promise<PreflightView | null> {
  const start_ms = now_ms();
  const took = () => Math.round(now_ms() - start_ms);
  const place = placeOrNone({ cwd, env });
  const head = place && headOf(place);
  if (!place || !head) return null;
  const kept = openKept(place.common_dir);
  const index = indexOf(place);
  const at_once = indexKey(version, place, index);
  const known = knownView(kept, at_once);
  if (known) return { ...known, known: true, took_ms: took() };
  if (place.joins.length > 0) return null;
  const own = gitIn(place, env);
  const oid_bytes = head.length / 2;
  const objects = openStored(place.common_dir, oid_bytes, own.objects);
  const git = { objects };
  const [tree, before, rules] = await Promise.all([
    treeOfIndex(index, oid_bytes, (made) => objects.keep("tree", made)) ?? stagedTree(own, place).catch(noneFor),
    treeOf(git, head).catch(noneFor),
    quietRules(git, { head, kept, version }),
  ]);
  if (tree === null || before === null || rules === undefined || !(await isWhole(git, before, tree))) return null;
  const key = subjectKey(version, { ...STAGED, head, before, tree, joined: null });
  const before_this = knownView(kept, key);
  const taken = takeDown(now_ms, () => null);
  const judge = async (): Promise<PreflightView> => {
    const { changes } = await judgeContents({ git, head, before, tree, rules }, taken);
    const { gates, notes } = taken;
    const about = { judged: STAGED.words, base: head, tree, files: changes.length, symbols: null };
    return { verdict: verdictOf(taken), ...about, gates, notes, known: false, took_ms: took() };
  };
  const view = before_this ? { ...before_this, known: true, took_ms: took() } : await judge();
  keepView(kept, [key, at_once], view);
  return view;
}

/** Whether what is staged is there: git looks when it writes a tree, and nobody does where it is put together here. */
async function isWhole(git: Pick<Git, "objects">, before: string, tree: string): Promise<boolean> {
  const changes = await diffTrees(git, before, tree);
  const files = changes.filter(({ kind, size_bytes }) => kind !== "gitlink" && size_bytes !== null);
  const infos = await git.objects.info(files.map(({ new_oid }) => new_oid));
  return infos.every((info) => info?.type === "blob");
}

const placeOrNone = (asking: Pick<Asking, "cwd" | "env">): CommitPlace | null => {
  try {
    return findCommitPlace(asking);
  } catch (error) {
    return noneFor(error);
  }
};

/** Whoever asks `preflight` next hears what a person can mend. */
function noneFor(error: unknown): null {
  if (error instanceof DgovError) return null;
  throw error;
}

/** What is asked of paths where nobody else judges; null: there is no project; undefined: there may be more to ask. */
async function quietRules(
  git: Parameters<typeof treeOf>[0],
  { head, kept, version }: { head: string; kept: Kept; version: string },
): Promise<PathRules | null | undefined> {
  const names = [PROJECT_FILE, RULES_FOLDER, STRUCTURE_BASELINE].map((path) => `${head}:${path}`);
  const [file, rules, structure] = await git.objects.info(names);
  if (!file) return null; // who has no configuration has no rules
  if (rules || structure) return undefined;
  return (kept.read(quietKey(version, file.oid)) as PathRules | null) ?? undefined; // written by us, under a key with its shape
}
