import { existsSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { createGit, type Git, items } from "./git.ts";

/**
 * What a run can start from. `target` is the full ref that work lands on, `head` its commit.
 * `needs_bootstrap`: there is no commit yet; `only_dgov` when every file is ours, so that nobody need be asked.
 */
export type Readiness =
  | { kind: "ready"; root: string; head: string; target: string }
  | { kind: "needs_bootstrap"; root: string; only_dgov: boolean; files: readonly string[] };

/** What may differ from the commit: files that dgov writes while it runs. Plans and configuration are not among them. */
const WRITTEN = [
  String.raw`plans/deployed\.jsonl|runs\.log|state\.db[^/]*|(?:out|runtime|schema)/.*|(?:.*/)?_compiled\.toml`,
  String.raw`(?:work|evidence|plans/(?:.*/)?_stages)/[0-9a-f]{64}\.json`,
];
const ALLOWED_DIRT = new RegExp(String.raw`^\.dgov/(?:${WRITTEN.join("|")})$`);
const LISTED_MAX = 10;
/** Files in git's own folder that say git is in the middle of something. */
const UNFINISHED = {
  MERGE_HEAD: "a merge",
  "rebase-merge": "a rebase",
  "rebase-apply": "a rebase",
  CHERRY_PICK_HEAD: "a cherry-pick",
  REVERT_HEAD: "a revert",
};

/**
 * Git at the root of the checkout that holds `cwd`.
 *
 * @throws DgovError `repo_missing`, `repo_bare`
 */
export async function openRepository(cwd: string, env?: Readonly<Record<string, string | undefined>>): Promise<Git> {
  const here = createGit(cwd, env);
  const { exit, bytes } = await here.ask(["rev-parse", "--is-bare-repository", "--is-inside-work-tree"], {
    ok: [0, 128],
  });
  if (exit !== 0) throw new DgovError("repo_missing", `Cannot work in "${cwd}": it is not in a git repository`);
  const [bare, inside] = new TextDecoder().decode(bytes).trim().split("\n");
  if (inside !== "true")
    throw new DgovError(
      "repo_bare",
      `Cannot work in "${cwd}": ${bare === "true" ? "the repository is bare" : "it is inside git's own folder"}`,
    );
  return here.at(await here.text(["rev-parse", "--show-toplevel"]));
}

/**
 * Looks at the repository without changing it. A dirty tree is another question: see `refuseDirty`.
 *
 * @throws DgovError `repo_empty`, `head_detached`, `repo_unfinished`
 */
export async function inspect(git: Git): Promise<Readiness> {
  const { root } = git;
  const doing = await unfinished(git);
  if (doing) throw new DgovError("repo_unfinished", `Cannot start in "${root}": git is in the middle of ${doing}`);
  const symbolic = await git.ask(["symbolic-ref", "-q", "HEAD"], { ok: [0, 1] });
  if (symbolic.exit !== 0)
    throw new DgovError("head_detached", `Cannot land in "${root}": no branch is checked out (HEAD is detached)`);
  const target = new TextDecoder().decode(symbolic.bytes).trim();
  const head = await git.ask(["rev-parse", "--verify", "-q", `${target}^{commit}`], { ok: [0, 1, 128] });
  if (head.exit === 0) return { kind: "ready", root, head: new TextDecoder().decode(head.bytes).trim(), target };
  const listed = await git.ask(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { user: true });
  const files = [...new Set(items(listed.bytes))].filter((path) => existsSync(join(root, path)));
  if (files.length === 0)
    throw new DgovError("repo_empty", `Cannot start in "${root}": the repository has no commit and no file`);
  return { kind: "needs_bootstrap", root, only_dgov: files.every((path) => path.startsWith(".dgov/")), files };
}

/**
 * Makes the first commit of all there is, as the user's ignore rules say.
 *
 * @returns the commit
 */
export async function bootstrap(git: Git, at_ms: number): Promise<string> {
  await git.ask(["add", "-A"], { user: true });
  const tree = await git.text(["write-tree"], { user: true });
  const commit = await git.text(["commit-tree", tree, "-m", "chore: bootstrap repo for dgov"], { at_ms });
  await git.ask(["update-ref", "-m", "dgov: bootstrap", "HEAD", commit, ""], { at_ms });
  return commit;
}

/**
 * A run starts from a commit, so that what a person has not committed cannot be missed by it without a word.
 *
 * @throws DgovError `repo_dirty`, naming the first ten paths; its places are all of them
 */
export async function refuseDirty(git: Git): Promise<void> {
  const dirty = await dirtyPaths(git);
  if (dirty.length === 0) return;
  const listed = dirty.slice(0, LISTED_MAX).map((path) => `"${path}"`);
  const more = dirty.length > LISTED_MAX ? ` and ${dirty.length - LISTED_MAX} more` : "";
  const counted = dirty.length === 1 ? "1 path is" : `${dirty.length} paths are`;
  throw new DgovError("repo_dirty", `Cannot start: ${counted} not committed: ${listed.join(", ")}${more}`, {
    places: dirty.map((file) => ({
      severity: "error",
      code: "not_committed",
      message: "It is not committed",
      file,
      line: null,
      column: null,
      unit: null,
    })),
  });
}

/**
 * Paths that differ from the commit or are untracked, both sides of a rename, sorted, without what dgov itself writes and what
 * archiving has moved.
 */
export async function dirtyPaths(git: Git): Promise<string[]> {
  const { bytes } = await git.ask(
    ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"],
    { user: true },
  );
  const found = items(bytes).map(statusPath);
  return [...new Set(found)].filter((path) => !isWrittenByDgov(path) && !wasArchived(git.root, path)).sort();
}

/** A path of a plan that was moved into the archive, before or after: no run reads it, so none waits for its commit. */
function wasArchived(root: string, path: string): boolean {
  const name = /^\.dgov\/plans\/(?:archive\/)?([^/]+)\/./.exec(path)?.[1];
  if (name === undefined || name === "archive") return false;
  return !existsSync(join(root, ".dgov/plans", name)) && existsSync(join(root, ".dgov/plans/archive", name));
}

/** Whether it is a file that dgov writes while it runs. */
export const isWrittenByDgov = (path: string): boolean => ALLOWED_DIRT.test(path);

/** The path of one porcelain v2 entry: after the first 8 fields of an ordinary one, 10 of an unmerged one, 1 of `?`. */
function statusPath(entry: string): string {
  const fields = { 1: 8, u: 10, "?": 1 }[entry[0] ?? ""] ?? 8;
  return entry.split(" ").slice(fields).join(" ");
}

/** What git is in the middle of in this checkout, in words, or null. */
export async function unfinished(git: Git): Promise<string | null> {
  const own = await git.ownDir();
  const found = Object.entries(UNFINISHED).find(([name]) => existsSync(join(own, name)));
  return found?.[1] ?? null;
}
