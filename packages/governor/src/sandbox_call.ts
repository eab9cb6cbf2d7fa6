import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createToolbox, type Isolation, IsolationLost, type Level, type Scope, type ToolRecord } from "@dgov/sandbox";
import { openComponents, withComponents } from "./components.ts";
import { readProject } from "./config.ts";
import { grantsIn, scopeOf } from "./dispatch/scope.ts";
import { DgovError } from "./error.ts";
import { answerGit } from "./git/answer_git.ts";
import { freeze } from "./git/candidate.ts";
import type { Git } from "./git/git.ts";
import { headCommit } from "./git/head.ts";
import { openRepository } from "./git/readiness.ts";
import type { Change } from "./git/tree_changes.ts";
import { type Lease, openPool } from "./git/worktrees.ts";
import { ignoreRule } from "./ignore.ts";
import { openJail } from "./jail.ts";
import { refuseHosts } from "./network.ts";
import { hostsOrNone } from "./presets.ts";
import { ownCommands } from "./programs.ts";
import type { Project } from "./project.ts";
import { removeTree } from "./remove_tree.ts";
import { claimantOf, type Trial } from "./sandbox_trial.ts";
import type { World } from "./session.ts";
import { type Violation, violationsOf } from "./violations.ts";

/**
 * How one call went. `text` is what a worker would read.
 *
 * `refused_by`  the rule or layer that refused; null: none did
 * `touched`     paths the call says it wrote, also such as were put back
 * `changes`     what really differs from HEAD afterwards; `diff` is the same as a patch
 * `calls`       what a script called in turn
 * `violations`  what was refused or undone, or changed without a claim
 */
export type CallView = {
  tool: string;
  level: Level;
  commit: string;
  ok: boolean;
  refused_by: string | null;
  text: string;
  touched: readonly string[];
  changes: readonly Pick<Change, "path" | "kind">[];
  diff: string;
  took_ms: number;
  violations: readonly Violation[];
  calls: readonly Pick<ToolRecord, "tool" | "input" | "ok" | "refused_by" | "touched" | "text" | "took_ms">[];
};

type Around = Pick<World, "self" | "now_ms" | "env" | "signal"> & { cwd: string };

/**
 * Makes one call for real, in a worktree of HEAD that is thrown away with all that was changed. The checkout may be dirty,
 * no log is opened, and no run need be over.
 *
 * @param level null: what a run would use
 * @throws DgovError `usage` for a call that nobody could make, `sandbox_missing`, `repo_missing`, `repo_empty`
 */
export async function callForUser({ cwd, ...world }: Around, trial: Trial, level: Level | null): Promise<CallView> {
  const git = await openRepository(cwd, world.env);
  const project = readProject(git.root);
  claimantOf(trial, project); // before anything is made
  const head = await headCommit(git);
  const sandbox = withComponents(project);
  const rules = level === null ? sandbox : { ...sandbox, level, min: least(level) };
  const jail = await openJail({ ...rules, commands: ownCommands(project, { tasks: [] }) }, world);
  refuseHosts(jail.level, sandbox);
  const { tools } = await openComponents({ git, project, head, jail });
  return inScratch(git, { head, now_ms: world.now_ms }, async (worktree) => {
    const claimant = claimantOf(trial, project);
    const scope: Scope = { ...scopeOf(project, claimant, head), components: tools };
    const isolation = await jail.start({
      root: worktree.path,
      write: grantsIn(worktree.path, claimant),
      git_dir: await git.commonDir(),
      network: hostsOrNone(sandbox.hosts),
      scope,
      git: answerGit(worktree.git, head),
    });
    const stop = () => void isolation.stop();
    world.signal.addEventListener("abort", stop);
    try {
      const made = await make(trial, { project, scope, isolation, worktree, now_ms: world.now_ms });
      const found = await changesIn(worktree, { head, project });
      const changed = found.changes.map(({ path }) => path);
      const violations = violationsOf([made, ...made.calls], { changed, write: scope.write });
      return { ...made, level: jail.level, commit: head, ...found, violations };
    } catch (error) {
      if (!(error instanceof IsolationLost)) throw error;
      const why = world.signal.aborted ? "it was interrupted" : error.message;
      throw new DgovError("machine_refused", `Cannot finish the call: ${why}`, { hint: "Try again", cause: error });
    } finally {
      world.signal.removeEventListener("abort", stop);
      await isolation.stop();
    }
  });
}

const least = (level: Level): Exclude<Level, "seatbelt"> => (level === "seatbelt" ? "landlock" : level);

/** Lends a worktree that nothing else knows; git forgets it however the work ends. */
async function inScratch<T>(
  git: Git,
  { head, now_ms }: { head: string; now_ms: () => number },
  work: (worktree: Lease) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-call-"));
  const pool = openPool(git, { folder, now_ms });
  const worktree = await pool.acquire(head);
  try {
    return await work(worktree);
  } finally {
    worktree.release();
    await pool.close();
    await git.ask(["worktree", "remove", "--force", "--force", worktree.path], { ok: [0, 128] });
    removeTree(folder);
  }
}

type Making = { project: Project; scope: Scope; isolation: Isolation; worktree: Lease; now_ms: () => number };
type Made = Pick<CallView, "tool" | "ok" | "refused_by" | "text" | "touched" | "took_ms" | "calls">;

async function make(trial: Trial, { project, scope, isolation, worktree, now_ms }: Making): Promise<Made> {
  const records: ToolRecord[] = [];
  const toolbox = createToolbox({
    scope,
    policy: project.rules.tool_policy,
    isolation,
    now_ms,
    record: (calls) => void records.push(...calls),
    required: null,
    root: worktree.path,
  });
  const { ok, text } = await toolbox.call({ id: "1", tool: trial.tool, input: trial.args });
  const [own, ...calls] = records;
  const { refused_by = null, touched = [], took_ms = 0 } = own ?? {};
  return { tool: trial.tool, ok, refused_by, text, touched, took_ms, calls };
}

type Looking = { head: string; project: Project };

async function changesIn(worktree: Lease, { head, project }: Looking): Promise<Pick<CallView, "changes" | "diff">> {
  const { tree, changes } = await freeze(worktree, { base: head, ignores: ignoreRule(project.rules.scope.ignore) });
  const diff = await worktree.git.text([
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    head,
    tree,
  ]);
  return { changes: changes.map(({ path, kind }) => ({ path, kind })), diff };
}
