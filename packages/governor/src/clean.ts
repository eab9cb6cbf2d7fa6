import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "@dgov/kernel";
import { createGit, type Git } from "./git/git.ts";
import { goodRef } from "./git/good_ref.ts";
import { takeLock } from "./git/lockfile.ts";
import { poolFolder } from "./git/worktrees.ts";
import { withLog } from "./log.ts";
import { pastRun } from "./past.ts";
import { removeTree } from "./remove_tree.ts";
import { findRoot } from "./root.ts";

/**
 * `attempts` also the refs that keep attempts · `force` also those of work that never landed, and the worktrees of a run
 * that is not over · `dry_run` only say so · `before_ms` nothing of a run that has done something since then; null: of any age
 */
export type CleanOptions = { attempts: boolean; force: boolean; dry_run: boolean; before_ms: number | null };
export type CleanItem = { kind: "worktree" | "output" | "attempt" | "good_head" | "cache"; what: string };
export type CleanView = { dry_run: boolean; removed: CleanItem[]; kept: (CleanItem & { why: string })[] };

type Place = { root: string; env: Readonly<Record<string, string | undefined>>; now_ms: () => number };
/** The runs of the log: whose work may still be needed, and which attempts have landed. */
type Past = {
  unfinished: ReadonlySet<string>;
  landed: ReadonlyMap<string, ReadonlySet<string>>;
  last_at_ms: ReadonlyMap<string, number>;
};
type Cleaner = { view: CleanView; options: CleanOptions; past: Past; place: Place };

/**
 * Removes what runs left and nobody needs: idle worktrees, and whole logs of runs that are over. Never what a live
 * process uses, and without `force` never the only copy of somebody's work.
 */
export async function clean(
  { cwd, env, now_ms }: { cwd: string } & Omit<Place, "root">,
  options: CleanOptions,
): Promise<CleanView> {
  const place = { root: findRoot(cwd), env, now_ms };
  const past = await withLog(place.root, readPast);
  const cleaner: Cleaner = { view: { dry_run: options.dry_run, removed: [], kept: [] }, options, past, place };
  const git = existsSync(join(place.root, ".git")) ? createGit(place.root, env) : null;
  if (git) await cleanWorktrees(cleaner, git);
  cleanOutputs(cleaner);
  if (git && options.attempts) {
    await cleanAttempts(cleaner, git);
    await cleanGoodHeads(cleaner, git);
  }
  return cleaner.view;
}

function readPast(log: Store): Past {
  const unfinished = new Set<string>();
  const landed = new Map<string, ReadonlySet<string>>();
  const plans = new Set<string>();
  const last_at_ms = new Map<string, number>();
  for (const row of log.runs()) {
    const past = pastRun(log, row);
    if (past.ended === null && !plans.has(row.plan_dir)) unfinished.add(row.run); // a later run of its plan has replaced it
    plans.add(row.plan_dir);
    landed.set(row.run, new Set(past.landed.keys()));
    last_at_ms.set(row.run, row.last_at_ms);
  }
  return { unfinished, landed, last_at_ms };
}

/** Why nothing of a run may go, whatever of it it is; null: it may. `at_ms`: when a run that the log does not know was. */
function stillNeeded({ options, past }: Cleaner, run: string, at_ms: number): string | null {
  if (past.unfinished.has(run)) return "its run is not over";
  const last_ms = past.last_at_ms.get(run) ?? at_ms;
  return options.before_ms !== null && last_ms >= options.before_ms ? "its run is not old enough" : null;
}

/** A slot is a worktree `sN` with `sN.lock`, `sN.index` and `sN.owner` beside it; holding its lock keeps a new run from taking it. */
async function cleanWorktrees({ view, options, past, place }: Cleaner, git: Git): Promise<void> {
  const folder = poolFolder(place.root, place.env);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)
    .filter((entry) => /^s\d+$/.test(entry))
    .sort()) {
    const item: CleanItem = { kind: "worktree", what: join(folder, name) };
    const lock = takeLock(`${item.what}.lock`, place.now_ms());
    if ("held_by" in lock) {
      view.kept.push({ ...item, why: `process ${lock.held_by.pid} uses it` });
      continue;
    }
    const unsaved = (past.unfinished.size > 0 || existsSync(`${item.what}.owner`)) && !options.force;
    if (unsaved)
      view.kept.push({ ...item, why: "a run is not over, and its work may be in it: finish it with dgov run" });
    else {
      view.removed.push(item);
      if (!options.dry_run) await removeWorktree(git, item.what);
    }
    lock.release();
  }
  cleanBench({ view, options, past, place }, join(folder, "bench"));
  if (!options.dry_run && readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

/** What a bench that was killed would go on with. */
function cleanBench({ view, options, place }: Cleaner, folder: string): void {
  if (!existsSync(folder)) return;
  const item: CleanItem = { kind: "worktree", what: folder };
  const lock = takeLock(join(folder, "lock"), place.now_ms());
  const late = options.before_ms !== null && statSync(folder).mtimeMs >= options.before_ms;
  if ("held_by" in lock) view.kept.push({ ...item, why: `process ${lock.held_by.pid} uses it` });
  else if (late) view.kept.push({ ...item, why: "it was written to lately" });
  else view.removed.push(item);
  if ("release" in lock) lock.release();
  if (view.removed.includes(item) && !options.dry_run) removeTree(folder);
}

async function removeWorktree(git: Git, path: string): Promise<void> {
  await git.ask(["worktree", "remove", "--force", "--force", path], { ok: [0, 128] }); // 128: git does not know it
  rmSync(path, { recursive: true, force: true });
  for (const beside of [".index", ".owner"]) rmSync(`${path}${beside}`, { force: true });
}

function cleanOutputs(cleaner: Cleaner): void {
  const { view, options, place } = cleaner;
  const out = join(place.root, ".dgov/out");
  if (!existsSync(out)) return;
  for (const name of readdirSync(out).sort()) {
    const item: CleanItem = { kind: "output", what: `.dgov/out/${name}` };
    const why = stillNeeded(cleaner, name, statSync(join(out, name)).mtimeMs);
    if (why !== null) view.kept.push({ ...item, why });
    else {
      view.removed.push(item);
      if (!options.dry_run) rmSync(join(out, name), { recursive: true, force: true });
    }
  }
}

/** `refs/dgov/attempts/RUN/TASK/N`: the only copy of work that did not land. */
async function cleanAttempts(cleaner: Cleaner, git: Git): Promise<void> {
  const { view, options, past } = cleaner;
  const gone: string[] = [];
  for (const what of await refsBelow(git, "refs/dgov/attempts")) {
    const [, run, task] = /^refs\/dgov\/attempts\/([^/]+)\/(.+)\/\d+$/.exec(what) ?? [];
    const landed = past.landed.get(run ?? "")?.has(task ?? "") ?? false;
    const item: CleanItem = { kind: "attempt", what };
    const why = stillNeeded(cleaner, run ?? "", 0);
    if (why !== null) view.kept.push({ ...item, why });
    else if (!landed && !options.force)
      view.kept.push({ ...item, why: "this work did not land, and this is its only copy" });
    else {
      view.removed.push(item);
      gone.push(what);
    }
  }
  if (!options.dry_run) await removeRefs(git, gone);
}

/** `refs/dgov/good/RUN`: what a run with a red head offers. On a branch it is kept without a ref of ours. */
async function cleanGoodHeads(cleaner: Cleaner, git: Git): Promise<void> {
  const { view, options } = cleaner;
  const gone: string[] = [];
  for (const what of await refsBelow(git, GOOD)) {
    const item: CleanItem = { kind: "good_head", what };
    const holders = await git.text([
      "for-each-ref",
      "--count=1",
      "--format=%(refname)",
      "--contains",
      what,
      "refs/heads",
    ]);
    const why = stillNeeded(cleaner, what.slice(GOOD.length), 0);
    if (why !== null) view.kept.push({ ...item, why });
    else if (holders === "" && !options.force) view.kept.push({ ...item, why: "it is on no branch" });
    else {
      view.removed.push(item);
      gone.push(what);
    }
  }
  if (!options.dry_run) await removeRefs(git, gone);
}

const GOOD = goodRef("");

const refsBelow = async (git: Git, folder: string): Promise<string[]> =>
  (await git.text(["for-each-ref", "--format=%(refname)", folder])).split("\n").filter(Boolean);

async function removeRefs(git: Git, refs: readonly string[]): Promise<void> {
  const stdin = refs.map((ref) => `delete ${ref}\n`).join("");
  if (stdin !== "") await git.ask(["update-ref", "--stdin"], { stdin });
}
