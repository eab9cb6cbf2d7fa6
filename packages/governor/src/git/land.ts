import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { checkoutsOf } from "./checkouts.ts";
import { lineBetween } from "./commits.ts";
import { type Git, items } from "./git.ts";
import { statOf } from "./index_file.ts";
import { unfinished } from "./readiness.ts";
import { diffTrees } from "./tree_changes.ts";
import { isAsCommitted } from "./untouched.ts";

/**
 * How a landing ended.
 *
 * `branch`   the branch is at the commit, and every checkout that has it open shows it
 * `pending`  local changes in a checkout forbid that: the work is on a ref of its own, and `cure` is the command to take it
 * `moved`    the target is no longer where the candidate was judged: nothing was changed
 */
export type Landed =
  | { kind: "branch" }
  | { kind: "pending"; ref: string; cure: string; why: string }
  | { kind: "moved"; head: string };

/** `head`: what the commit was judged on, and is its parent. `message` stands in the ref's log. */
export type Landing = { target: string; head: string; commit: string; message: string; at_ms: number };

/** Where work waits that a checkout with local changes could not take. */
export const pendingRef = (target: string) => `refs/dgov/pending/${target.replace(/^refs\/heads\//, "")}`;

/**
 * The commit that new work must be put on: the branch, or the work that waits for it.
 *
 * @throws DgovError `target_missing`; `landing_diverged` when the branch has gone another way than the waiting work
 */
export async function targetHead(git: Git, target: string): Promise<string> {
  const { branch, pending } = await refsOf(git, target);
  if (branch === null) throw new DgovError("target_missing", `Cannot land on "${target}": there is no such branch`);
  if (pending === null) return branch;
  if (await isAncestor(git, branch, pending)) return pending;
  if (await isAncestor(git, pending, branch)) return branch;
  const ref = pendingRef(target);
  throw new DgovError(
    "landing_diverged",
    `Cannot land on "${target}": it has gone another way than the work that waits on "${ref}"`,
    {
      hint: `git merge ${ref}`,
    },
  );
}

/**
 * Lands exactly this commit: the branch moves only from the head it was judged on. Checkouts that have the branch open are
 * brought along without touching a local change.
 */
export async function land(git: Git, landing: Landing): Promise<Landed> {
  const { target, head, commit, message, at_ms } = landing;
  const { branch, pending } = await refsOf(git, target);
  if (branch === null) throw new DgovError("target_missing", `Cannot land on "${target}": there is no such branch`);
  // What is to land may wait itself: a landing that was cut off, or could not write the checkout, is gone on with.
  const onTop = pending !== null && (pending === head || pending === commit);
  const waits = onTop && branch !== head && (await isAncestor(git, branch, pending));
  if (branch !== head && !waits) return { kind: "moved", head: await targetHead(git, target) };

  const checkouts = await checkoutsOf(git, target);
  const why = await obstacle(git, checkouts, { from: branch, to: commit });
  const swaps =
    why === null
      ? [move(target, commit, branch), drop(pendingRef(target), pending)]
      : [move(pendingRef(target), commit, pending)];
  if (!(await swap(git, swaps, { message, at_ms }))) return { kind: "moved", head: await targetHead(git, target) };
  if (why !== null) return waiting(target, why);
  const late = await bringAlong(git, checkouts, { from: branch, to: commit });
  if (late === null) return { kind: "branch" };
  // Somebody changed a file between the look and the move: the branch goes back, so that the checkout does not show undoing.
  await swap(git, [move(target, branch, commit), move(pendingRef(target), commit, null)], {
    message: "dgov: wait for the checkout",
    at_ms,
  });
  return waiting(target, late);
}

/** Where a commit has landed: on the branch, or on the ref where it waits for it. For a run that was killed while landing. */
export async function landedOn(
  git: Git,
  { target, commit }: { target: string; commit: string },
): Promise<"branch" | "pending" | null> {
  const refs = await refsOf(git, target);
  for (const on of ["branch", "pending"] as const)
    if (refs[on] !== null && (await isAncestor(git, commit, refs[on]))) return on;
  return null;
}

/**
 * Ends what a kill between the move of the branch and the checkouts left undone. Does nothing where all is well.
 *
 * @returns null, or how a checkout stays behind
 */
export async function mendCheckouts(
  git: Git,
  landing: Pick<Landing, "target" | "head" | "commit">,
): Promise<string | null> {
  const { target, head, commit } = landing;
  if ((await refsOf(git, target)).branch !== commit) return null;
  const checkouts = await checkoutsOf(git, target);
  const step = { from: head, to: commit };
  const behind: string[] = [];
  for (const root of checkouts) {
    await removeTorn(git.at(root), step);
    await stageFinished(git.at(root), step);
    if (!(await isStaged(git.at(root), step))) behind.push(root);
  }
  return bringAlong(git, behind, step);
}

/** The command that takes what waits for a branch. */
export const cureOf = (target: string): string => `git merge --ff-only ${pendingRef(target)}`;

const waiting = (target: string, why: string): Landed => ({
  ...{ kind: "pending", ref: pendingRef(target) },
  ...{ cure: cureOf(target), why },
});

/** The commits of the branch and of the work that waits for it; null where there is no such ref. */
async function refsOf(git: Git, target: string): Promise<{ branch: string | null; pending: string | null }> {
  const [branch, pending] = await git.objects.info([target, pendingRef(target)].map((ref) => `${ref}^{commit}`));
  return { branch: branch?.oid ?? null, pending: pending?.oid ?? null };
}

async function isAncestor(git: Git, older: string, newer: string): Promise<boolean> {
  if (older === newer || (await lineBetween(git, older, newer)) !== null) return true;
  return (await git.ask(["merge-base", "--is-ancestor", older, newer], { ok: [0, 1, 128] })).exit === 0;
}

const move = (ref: string, to: string, from: string | null) =>
  `update ${ref}\0${to}\0${from ?? "0".repeat(to.length)}\0`;
const drop = (ref: string, from: string | null) => (from === null ? "" : `delete ${ref}\0${from}\0`);

/** Moves all refs or none. False when one is not where it was. */
async function swap(
  git: Git,
  commands: readonly string[],
  { message, at_ms }: Pick<Landing, "message" | "at_ms">,
): Promise<boolean> {
  const stdin = `start\0${commands.join("")}prepare\0commit\0`;
  const { exit } = await git.ask(["update-ref", "--create-reflog", "-m", message, "-z", "--stdin"], {
    stdin,
    at_ms,
    ok: [0, 128],
  });
  return exit === 0;
}

type Step = { from: string; to: string };

/** Why a checkout cannot go from one commit to the other without losing a local change, or null when all can. */
async function obstacle(git: Git, checkouts: readonly string[], step: Step): Promise<string | null> {
  for (const root of checkouts) {
    const doing = await unfinished(git.at(root));
    if (doing !== null) return `"${root}": git is in the middle of ${doing}`;
    const why = (await isAsCommitted(git.at(root), step)) ? null : await twoWay(git.at(root), step, ["-n"]);
    if (why !== null) return `"${root}": ${why}`;
  }
  return null;
}

async function bringAlong(git: Git, checkouts: readonly string[], step: Step): Promise<string | null> {
  for (const root of checkouts) {
    const why = await twoWay(git.at(root), step, []);
    if (why !== null) return `"${root}": ${why}`;
  }
  return null;
}

/** How often, and how long apart, to try again while the user's own git holds the index. */
const LOCKED_TRIES = 20;
const LOCKED_WAIT_MS = 100;

/**
 * Git's two-way merge of a checkout with its own index: it keeps local changes elsewhere and refuses to lose one.
 *
 * @returns null, or why it refuses
 */
async function twoWay(git: Git, { from, to }: Step, flags: readonly string[]): Promise<string | null> {
  let said = "";
  let refreshed = false;
  for (let tries = 0; tries < LOCKED_TRIES; tries++) {
    const merged = await git.ask(["read-tree", "-m", "-u", ...flags, from, to], { user: true, ok: [0, 1, 128] });
    if (merged.exit === 0) return null;
    said = merged.stderr.trim().split("\n")[0] ?? "";
    if (await isLocked(git)) await Bun.sleep(LOCKED_WAIT_MS);
    else if (refreshed) return said;
    else {
      // A file may only look changed, because it was touched or copied.
      await git.ask(["update-index", "-q", "--refresh"], { user: true, ok: [0, 1, 128] });
      refreshed = true;
    }
  }
  return said;
}

async function isLocked(git: Git): Promise<boolean> {
  return existsSync(await git.text(["rev-parse", "--path-format=absolute", "--git-path", "index.lock"]));
}

/**
 * Removes files that git had begun to write when it was killed. What is no more than the beginning of what the commit has
 * is nobody's work, and git would take it for a local change.
 */
async function removeTorn(git: Git, { from, to }: Step): Promise<void> {
  for (const { path, new_mode, new_oid } of await diffTrees(git, from, to)) {
    const file = join(git.root, path);
    if (!new_mode.startsWith("100") || !statOf(file)?.isFile()) continue;
    const [wanted, found] = [await git.objects.content(new_oid), readFileSync(file)];
    if (found.length < wanted.length && found.equals(wanted.subarray(0, found.length))) rmSync(file);
  }
}

/** Tells the index of files that already are what they shall become: git was killed after it wrote them, before it said so. */
async function stageFinished(git: Git, { from, to }: Step): Promise<void> {
  const changes = await diffTrees(git, from, to);
  const index_file = await git.text(["rev-parse", "--path-format=absolute", "--git-path", "index.dgov"]);
  const wanted = changes.filter(({ new_mode }) => new_mode !== "000000");
  const stdin = wanted.map(({ new_mode, new_oid, path }) => `${new_mode} ${new_oid}\t${path}\0`).join("");
  rmSync(index_file, { force: true });
  await git.ask(["update-index", "-z", "--add", "--index-info"], { index_file, stdin });
  await git.ask(["update-index", "-q", "--refresh"], { user: true, index_file, ok: [0, 1] });
  const { bytes } = await git.ask(["diff-files", "--name-only", "-z"], { user: true, index_file });
  rmSync(index_file, { force: true });
  const other = new Set(items(bytes));
  const gone = ({ path }: { path: string }) => statOf(join(git.root, path)) === null;
  const done = changes.filter((change) => (change.new_mode === "000000" ? gone(change) : !other.has(change.path)));
  if (done.length === 0) return;
  done.sort((a, b) => Number(a.new_mode !== "000000") - Number(b.new_mode !== "000000")); // a file may stand where a folder was
  const names = done.map(({ path }) => `${path}\0`).join("");
  await git.ask(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], {
    user: true,
    stdin: names,
    ok: [0, 128],
  });
}

/** Whether the index has the commit's own content wherever the two differ. */
async function isStaged(git: Git, { from, to }: Step): Promise<boolean> {
  const { bytes } = await git.ask(["diff-index", "--cached", "--name-only", "-z", "--no-renames", to]);
  const staged = new Set(items(bytes));
  return staged.size === 0 || (await diffTrees(git, from, to)).every(({ path }) => !staged.has(path));
}
