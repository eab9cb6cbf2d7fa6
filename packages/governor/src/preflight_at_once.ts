import { extname } from "node:path";
import type { Touches } from "@dgov/semantic/touches";
import { STRUCTURE_BASELINE } from "./baseline_files.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { treeOfIndex } from "./git/index_tree.ts";
import { openStored, type StoredObjects } from "./git/stored_objects.ts";
import { type Change, diffTrees } from "./git/tree_changes.ts";
import { treeOf } from "./git/tree_object.ts";
import { noteTouches, takeDown, verdictOf } from "./preflight/answer.ts";
import { type Contents, judgeContents, type PathRules } from "./preflight/contents.ts";
import { indexKey, indexOf, keepView, knownView, quietKey, subjectKey } from "./preflight/keys.ts";
import { type CommitPlace, findCommitPlace, gitIn, headOf } from "./preflight/place.ts";
import { STAGED, stagedTree } from "./preflight/subject.ts";
import { type Kept, openKept } from "./preflight/verdicts.ts";
import type { JudgedGate, PreflightView } from "./preflight/view.ts";
import type { Look } from "./preflight_look.ts";
import type { touchesOnce } from "./preflight_symbols.ts";
import { PROJECT_FILE } from "./project_file.ts";
import { RULES_FOLDER } from "./settlement/rules/load.ts";

export type { JudgedGate, PreflightView };

/**
 * `touches`  the symbols that it touches are wanted, too: `open` loads what asks who looks at them. null: they are not
 */
type Asking = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  now_ms: () => number;
  touches: (Look & { open: () => Promise<typeof touchesOnce> }) | null;
};

/**
 * What preflight says of what is staged, where it is known, or where the contents alone are to be judged. It loads nothing
 * that reads configurations or parses code: most commits wait for no more than this.
 *
 * @returns null where more is to be asked, or something is wrong: `preflight` says what
 */
export async function preflightAtOnce(asking: Asking): Promise<PreflightView | null> {
  const { version, now_ms, touches } = asking;
  const start_ms = now_ms();
  const took = () => ({ took_ms: Math.round(now_ms() - start_ms) });
  const wanted = (view: PreflightView | null) => (touches && view?.symbols === null ? null : view);
  const place = placeOrNone(asking);
  const head = place && headOf(place);
  if (!place || !head) return null;
  const kept = openKept(place.common_dir);
  const index = indexOf(place);
  const at_once = indexKey(version, place, index);
  const known = wanted(knownView(kept, at_once));
  if (known) return { ...known, known: true, ...took() };
  if (place.joins.length > 0) return null;
  const subject = await subjectOf(asking, { place, head, kept, index });
  if (subject === null) return null;
  const key = subjectKey(version, { ...STAGED, ...subject, joined: null });
  const before_this = wanted(knownView(kept, key));
  const judged = before_this ?? (await judge({ ...asking, place }, subject));
  const view = { ...judged, known: before_this !== null, ...took() };
  keepView(kept, [key, at_once], view);
  return view;
}

/** What is judged, and what is asked of it. */
type StagedSubject = Contents & { git: StoredGit; head: string; changes: readonly Change[] };

/** What is staged, where all of it is there and nobody else has a say. */
async function subjectOf(
  { env, version }: Asking,
  { place, head, kept, index }: { place: CommitPlace; head: string; kept: Kept; index: ReturnType<typeof indexOf> },
): Promise<StagedSubject | null> {
  const git = withStored(gitIn(place, env), place, head);
  const [tree, before, rules] = await Promise.all([
    treeOfIndex(index, head.length / 2, git.objects.keepTree) ?? stagedTree(git, place).catch(noneFor),
    treeOf(git, head).catch(noneFor),
    quietRules(git, { head, kept, version }),
  ]);
  if (tree === null || before === null || rules === undefined) return null;
  const changes = await diffTrees(git, before, tree);
  return (await isWhole(git, changes)) ? { git, head, before, tree, rules, changes } : null;
}

type StoredGit = Git & { objects: StoredObjects };

/** Git there, which starts no process for what is to be found in a few files. */
const withStored = (git: Git, { common_dir }: CommitPlace, head: string): StoredGit => ({
  ...git,
  objects: openStored(common_dir, head.length / 2, git.objects),
});

/** The contents, and their symbols where those are asked for: contents are judged as soon as another process looks at symbols. */
async function judge(
  { place, now_ms, touches }: Asking & { place: CommitPlace },
  subject: StagedSubject,
): Promise<Omit<PreflightView, "took_ms">> {
  const { git, head, tree, changes } = subject;
  const taken = takeDown(now_ms, () => null);
  const { gates, notes } = taken;
  const asked = Promise.withResolvers<void>();
  const looking =
    touches && touchedBy(touches, { git, folder: place.common_dir, now_ms, asked: asked.resolve }, subject);
  const judging = async () => {
    await (looking && Promise.race([asked.promise, looking]));
    await judgeContents(subject, taken);
  };
  const [touched] = await Promise.all([looking, judging()]);
  const symbols = touched && noteTouches(touched, notes);
  const about = { judged: STAGED.words, base: head, tree, files: changes.length, symbols };
  return { verdict: verdictOf(taken), ...about, gates, notes, known: false };
}

/** It learns the languages while what asks it is loaded. */
async function touchedBy(
  { analyst, open }: NonNullable<Asking["touches"]>,
  place: { git: Git; folder: string; now_ms: () => number; asked: () => void },
  { before, tree, changes }: StagedSubject,
): Promise<Touches> {
  const one_each = new Map(changes.map(({ path }) => [extname(path), path]));
  analyst.start([...one_each.values()].slice(0, LANGUAGES_MAX), "units");
  const touches = await open();
  return touches({ ...place, analyst }, { from: before, to: tree, claimed: () => null });
}

/** To learn one takes as long as to parse a file. */
const LANGUAGES_MAX = 4;

/** Whether what is staged is there: git looks when it writes a tree, and nobody does where it is put together here. */
async function isWhole(git: Pick<Git, "objects">, changes: readonly Change[]): Promise<boolean> {
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
