import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Cause, Finding, Side, Verdict } from "@dgov/semantic";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { machineWords } from "./machine_words.ts";
import { type Excerpt, excerptOf, markedExcerpt } from "./merge/excerpt.ts";
import { mergeTrees } from "./merge/merge_trees.ts";
import type { Scratch } from "./merge/scratch.ts";
import { gitAround, openEnds } from "./merge/three_ends.ts";
import { openSymbols } from "./semantic/symbols.ts";
import type { World } from "./session.ts";

/** `write`: the folder that the merged tree is written to, which must be empty or not be there; null: it is not wanted. */
export type MergeQuestion = { base: string; ours: string; theirs: string; write: string | null };

/**
 * What is to be said of a merge of three trees.
 *
 * `files`       how many paths each side changed     `by_symbols`  what git could not merge, and the symbols could
 * `conflicts`   what nobody could merge: the merged tree has markers there
 * `unchecked`   changed files of which nothing could be said but by their lines, and why
 * `left_out`    what of the folders git can hold in no tree
 * `tree`        the id of the merged tree            `written`     the absolute path it was written to
 */
export type MergeCheckView = {
  verdict: Verdict;
  findings: readonly ShownFinding[];
  files: { ours: number; theirs: number };
  by_symbols: readonly string[];
  conflicts: readonly { path: string; reason: string }[];
  unchecked: readonly { path: string; why: string }[];
  left_out: readonly string[];
  tree: string;
  written: string | null;
};

/** A finding with the lines that each side has there; `lines` of a conflict are those with git's markers. */
export type ShownFinding = Omit<Finding, "causes"> & { lines: Excerpt | null; causes: readonly ShownCause[] };
export type ShownCause = Omit<Cause, "side"> & { side: "ours" | "theirs"; called: string; lines: Excerpt | null };

type Asking = Pick<World, "self" | "now_ms" | "env"> & { cwd: string };

/**
 * Merges three trees in memory and judges the result by its symbols. The repository, if there is one, gets nothing of it
 * but what is worked out once and kept for the next time.
 *
 * @throws DgovError `usage` for what is no tree, and for a folder to write to that has something in it
 */
export async function checkMerge({ cwd, self, now_ms, env }: Asking, question: MergeQuestion): Promise<MergeCheckView> {
  const into = question.write === null ? null : emptyFolder(resolve(cwd, question.write), question.write);
  const user = await gitAround({ cwd, env });
  const words = [question.base, question.ours, question.theirs];
  const { scratch, ends } = await openEnds(user, words, { cwd, env });
  const cache_folder = user === null ? scratch.folder : await user.commonDir();
  const symbols = openSymbols({ git: scratch.git, self, now_ms, cache_folder });
  try {
    const [base, left, right] = ends.map(({ tree }) => tree) as [string, string, string];
    const names = { left: called(question.ours, "ours"), right: called(question.theirs, "theirs") };
    const merged = await mergeTrees({ git: scratch.git, symbols }, { base, left, right, names });
    const { tree, conflicts, by_symbols, changes } = merged;
    const trees = { base, left, right, merged: tree };
    const judged = await symbols.judge(trees, { by_symbols, called: names, changes, conflicts });
    const show = (finding: Finding) => shown(scratch.git, { trees, names }, finding);
    const written = into === null ? null : await writeTree(scratch, tree, into);
    return {
      verdict: conflicts.length > 0 ? "conflict" : judged.verdict,
      findings: await Promise.all(judged.findings.map(show)),
      files: { ours: changes.left.length, theirs: changes.right.length },
      by_symbols: [...by_symbols.keys()],
      conflicts: conflicts.map(({ path, reason }) => ({ path, reason })),
      unchecked: judged.unchecked,
      left_out: ends.flatMap(({ words: end, left_out }) => left_out.map((path) => join(end, path))),
      tree,
      written,
    };
  } finally {
    symbols.close();
    scratch.close();
  }
}

/** Short names are said as the user writes them; an id of forty digits is no name. */
const called = (words: string, side: string): string => (/^[0-9a-f]{12,}$|.{41}/.test(words) ? side : words);

type Shown = { trees: Record<"base" | Side | "merged", string>; names: Record<Side, string> };

async function shown(git: Git, { trees, names }: Shown, { causes, ...finding }: Finding): Promise<ShownFinding> {
  const { place } = finding;
  const marked = finding.verdict === "conflict" && place !== null && place.unit === "";
  const seen = marked ? markedExcerpt(git, trees.merged, place.path) : place && excerptOf(git, trees.merged, place);
  const lines = await seen;
  const each = causes.map(async ({ side, ...cause }): Promise<ShownCause> => {
    const tree = cause.did === "removed" ? trees.base : trees[side];
    const there = { side: side === "left" ? "ours" : "theirs", called: names[side] } as const;
    return { ...cause, ...there, lines: await excerptOf(git, tree, cause.place) };
  });
  return { ...finding, lines, causes: await Promise.all(each) };
}

function emptyFolder(path: string, words: string): string {
  if (!existsSync(path)) return path;
  const names = namesIn(path);
  if (names !== null && names.length === 0) return path;
  const why = names === null ? "it is no folder" : "there is something in it";
  throw new DgovError("usage", `Cannot write the merged tree to "${words}": ${why}`, {
    hint: "Name a folder that is empty, or not there yet",
  });
}

function namesIn(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return null;
    throw error;
  }
}

/** Git writes it, which follows no link and believes no path that leads out. */
async function writeTree({ git, folder, git_dir }: Scratch, tree: string, into: string): Promise<string> {
  try {
    mkdirSync(into, { recursive: true });
  } catch (cause) {
    throw new DgovError("machine_refused", `Cannot write the merged tree to "${into}": ${machineWords(cause)}`, {
      cause,
    });
  }
  const index_file = join(folder, "written-index");
  await git.ask(["read-tree", tree], { index_file });
  await git.at(into, git_dir).ask(["checkout-index", "--all", "--force", "--quiet"], { index_file });
  return into;
}
