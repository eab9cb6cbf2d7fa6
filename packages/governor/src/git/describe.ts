import { type Git, items } from "./git.ts";
import { pendingRef } from "./land.ts";

/** What a commit says and changes, against its first parent. `files` in git's order. */
export type Described = {
  message: string; // its subject
  at: string; // ISO 8601, with its time zone
  files: readonly string[];
  diff_stat: { files_changed: number; insertions: number; deletions: number };
};

/** Describes commits, in three processes however many they are. Those that are not in the repository are left out. */
export async function describeCommits(git: Git, commits: readonly string[]): Promise<Map<string, Described>> {
  const found = await existing(git, commits);
  const described = new Map<string, Described>();
  if (found.length === 0) return described;
  const stdin = found.map((commit) => `${commit}\n`).join("");
  const log = ["log", "--no-walk=unsorted", "--stdin", "-z", "--format=%H%x00%s%x00%cI"];
  const said = items((await git.ask(log, { stdin })).bytes);
  const numstat = ["diff-tree", "--stdin", "-m", "--first-parent", "-r", "--root", "--no-renames", "--numstat", "-z"];
  const changed = changesOf(items((await git.ask(numstat, { stdin })).bytes));
  for (let at = 0; at + 2 < said.length; at += 3) {
    const [commit, message, date] = said.slice(at, at + 3) as [string, string, string];
    const { files, insertions, deletions } = changed.get(commit) ?? NO_CHANGES;
    described.set(commit, {
      message,
      at: date,
      files,
      diff_stat: { files_changed: files.length, insertions, deletions },
    });
  }
  return described;
}

/** How many lines a commit adds and removes, against its first parent. */
export async function changedLines(git: Git, commit: string): Promise<number> {
  const asked = [
    "diff-tree",
    "-m",
    "--first-parent",
    "-r",
    "--no-renames",
    "--numstat",
    "-z",
    "--no-commit-id",
    commit,
  ];
  const { insertions, deletions } = changesOf(items((await git.ask(asked)).bytes)).get("") ?? NO_CHANGES;
  return insertions + deletions;
}

/** Which of these commits are in the history of HEAD, or of the work that waits for the checkout of its branch. */
export async function reachable(git: Git, commits: readonly string[]): Promise<Set<string>> {
  const found = await existing(git, commits);
  if (found.length === 0) return new Set();
  const outside = await outsideOf(git, "HEAD", found);
  const waits = outside.size === 0 ? null : await waiting(git);
  const lost = waits === null ? outside : await outsideOf(git, waits, [...outside]);
  return new Set(found.filter((commit) => !lost.has(commit)));
}

async function outsideOf(git: Git, tip: string, commits: readonly string[]): Promise<Set<string>> {
  const stdin = [...commits, `^${tip}`].map((name) => `${name}\n`).join("");
  const outside = new Set((await git.text(["rev-list", "--stdin"], { stdin })).split("\n"));
  return new Set(commits.filter((commit) => outside.has(commit)));
}

/** The commit that waits for the branch that is checked out, or null. */
async function waiting(git: Git): Promise<string | null> {
  const head = await git.ask(["symbolic-ref", "-q", "HEAD"], { ok: [0, 1] });
  if (head.exit !== 0) return null;
  const ref = pendingRef(new TextDecoder().decode(head.bytes).trim());
  return (await git.text(["for-each-ref", "--format=%(objectname)", ref])) || null;
}

/** What a commit changes, as a patch a person reads. Null when it is not in the repository. */
export async function patchOf(git: Git, commit: string): Promise<string | null> {
  if ((await existing(git, [commit])).length === 0) return null;
  const show = [
    "show",
    "--format=",
    "--first-parent",
    "-m",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
  ];
  return git.text([...show, commit]);
}

async function existing(git: Git, commits: readonly string[]): Promise<string[]> {
  const distinct = [...new Set(commits)];
  if (distinct.length === 0) return [];
  const stdin = distinct.map((commit) => `${commit}\n`).join("");
  const answers = (await git.text(["cat-file", "--batch-check=%(objecttype)"], { stdin })).split("\n");
  return distinct.filter((_, at) => answers[at] === "commit");
}

type Changes = { files: readonly string[]; insertions: number; deletions: number };
const NO_CHANGES: Changes = { files: [], insertions: 0, deletions: 0 };

/** A commit's id stands alone; after it come `added TAB deleted TAB path`, with dashes for what is not text. */
function changesOf(fields: readonly string[]): Map<string, Changes> {
  const changes = new Map<string, Changes>();
  let commit = "";
  for (const field of fields) {
    const [, added, deleted, path] = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(field) ?? [];
    if (path === undefined) commit = field;
    else {
      const { files, insertions, deletions } = changes.get(commit) ?? NO_CHANGES;
      const lines = (text: string | undefined) => Number(text) || 0;
      changes.set(commit, {
        files: [...files, path],
        insertions: insertions + lines(added),
        deletions: deletions + lines(deleted),
      });
    }
  }
  return changes;
}
