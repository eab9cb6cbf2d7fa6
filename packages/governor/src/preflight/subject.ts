import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import type { Git } from "../git/git.ts";
import { copyIndex } from "../git/index_file.ts";
import { endsOf } from "../git/range.ts";
import { treeOf } from "../git/tree_object.ts";
import { type CommitPlace, headOf } from "./place.ts";

/** What is to be judged: what is staged, or the working tree with all that git does not ignore, or a range `A..B`. */
export type Question = { kind: "staged" } | { kind: "all" } | { kind: "range"; range: string };

/**
 * What it is, and what it would be put on.
 *
 * `tree`    null: it has to be put together first
 * `head`    the commit; null: there is none yet     `before`  its tree
 * `joined`  where two lines of work come together: the commit they began from, and what comes to `head`
 */
export type Subject = {
  words: string;
  head: string | null;
  before: string;
  tree: string | null;
  message: string;
  joined: { base: string; right: string } | null;
};

/** What every commit is asked about. */
export const STAGED = { words: "what is staged", message: "" };

/** @throws DgovError `usage` for a range that is none, `repo_unfinished` where a merge is not resolved yet */
export async function subjectOf(git: Git, place: CommitPlace, question: Question): Promise<Subject> {
  if (question.kind === "range") return rangeOf(git, question.range);
  const head = headOf(place) ?? (await git.objects.info(["HEAD"]))[0]?.oid ?? null;
  const before = head === null ? await git.text(["mktree"], { stdin: "" }) : await treeOf(git, head);
  const words = question.kind === "all" ? "the working tree" : STAGED.words;
  const tree = await (question.kind === "all" ? workingTree : stagedTree)(git, place);
  return { words, head, before, tree, message: STAGED.message, joined: await joinOf(git, place, head) };
}

/** The index as a tree. Git would note in the index what it has worked out, so it is given a copy. */
export const stagedTree = (git: Git, { index_file }: Pick<CommitPlace, "index_file">): Promise<string> =>
  onCopy(index_file, (copy) => written(git, copy));

/** The files as they stand, but what git ignores. */
const workingTree = (git: Git, { index_file }: CommitPlace): Promise<string> =>
  onCopy(index_file, async (copy) => {
    await git.ask(["add", "--all", "--", "."], { index_file: copy, user: true });
    return written(git, copy);
  });

async function onCopy<Value>(index_file: string, work: (copy: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-index-"));
  const copy = join(folder, "index");
  try {
    if (existsSync(index_file)) copyIndex(index_file, copy);
    return await work(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws DgovError `repo_unfinished` */
async function written(git: Git, index_file: string): Promise<string> {
  const { exit, bytes, stderr } = await git.ask(["write-tree"], { index_file, plumbing: true, ok: [0, 128] });
  if (exit === 0) return new TextDecoder().decode(bytes).trim();
  throw new DgovError("repo_unfinished", `Cannot judge what is staged: ${stderr.trim().split("\n")[0] ?? ""}`, {
    hint: 'Resolve what "git status" calls unmerged, stage it, then run again',
  });
}

/** Of a merge of several heads at once nobody can say which of them brought what. */
async function joinOf(git: Git, { joins }: CommitPlace, head: string | null): Promise<Subject["joined"]> {
  const [right, ...more] = joins;
  if (right === undefined || more.length > 0 || head === null) return null;
  const base = await baseOf(git, head, right);
  return base === null ? null : { base, right };
}

async function baseOf(git: Git, one: string, other: string): Promise<string | null> {
  const { exit, bytes } = await git.ask(["merge-base", one, other], { ok: [0, 1] });
  return exit === 0 ? new TextDecoder().decode(bytes).trim() : null;
}

/** What B is on top of A. Where it began from A there is nothing to put together. */
async function rangeOf(git: Git, range: string): Promise<Subject> {
  const [head, right] = await endsOf(git, range);
  const [before, message] = await Promise.all([
    treeOf(git, head),
    git.text(["show", "--no-patch", "--format=%B", right]),
  ]);
  const [asked] = await git.objects.info([head]);
  const about = { words: range, head: asked?.type === "commit" ? head : null, before, message };
  if (about.head === null) return { ...about, tree: await treeOf(git, right), joined: null };
  const base = await baseOf(git, head, right);
  if (base === null)
    throw new DgovError("usage", `Cannot judge "${range}": its ends have no commit in common`, {
      hint: "Name two commits of one history",
    });
  if (base === head) return { ...about, tree: await treeOf(git, right), joined: null };
  return { ...about, tree: null, joined: { base, right } };
}
