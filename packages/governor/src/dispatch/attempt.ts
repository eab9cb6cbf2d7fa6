import { strict as assert } from "node:assert";
import { type Action, type EventOf, type TaskId, taskOf } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import { type Claim, covers, type Isolation, IsolationLost, type Scope } from "@dgov/sandbox";
import { DgovError } from "../error.ts";
import { answerGit } from "../git/answer_git.ts";
import { type FreezeOptions, type Frozen, freeze, keep } from "../git/candidate.ts";
import { changedLines } from "../git/describe.ts";
import { carryOver } from "../git/integrate.ts";
import type { Change } from "../git/tree_changes.ts";
import { ignoreRule } from "../ignore.ts";
import type { Project } from "../project.ts";
import type { Route } from "../routing.ts";
import { inform, stoppedBy } from "../run_hook.ts";
import { endedBy } from "../run_setup.ts";
import { type Site, unitOf } from "../site.ts";
import { cacheForCommands } from "../tool_cache.ts";
import { briefingOf } from "./briefing.ts";
import { doorOf } from "./lending.ts";
import { type Asked, interrupted, letWork, type Worked, type Working } from "./let_work.ts";
import { orderOf } from "./order.ts";
import { prepare } from "./prepare.ts";
import { grantsIn, scopeOf } from "./scope.ts";
import { statedOf } from "./stated.ts";
import { watchedOf } from "./watched.ts";

/**
 * One attempt under way. `base` is the commit its worktree was made from; `traces` are unclaimed paths that its setup
 * made or changed, which are nobody's work; `ignored` is what git ignores and its setup has left.
 */
type Attempt = Working & { base: string; traces: Set<string>; ignored: Set<string> };

/**
 * How it ended. `frozen`: its work, where what stands in the worktree is no longer it. `left`: the tree it left, where its work
 * was mended since.
 */
type Ending =
  | (Extract<Worked, { done: true }> & { left?: string })
  | (Extract<Worked, { done: false }> & { frozen?: Frozen });

/** Runs between a worker's last word and the freeze, with its rights: lint fixes and formatting of what it changed. */
export type Mend = (left: {
  of: { task: TaskId; attempt: number };
  base: string;
  tree: string;
  changes: readonly Change[];
  refreeze: () => Promise<string>;
  isolation: Isolation;
}) => Promise<void>;

/**
 * One attempt at a task: a worktree on the target's head, a worker in its isolation, and what it left behind frozen as a
 * commit under `refs/dgov/attempts`. However it ends, the work is kept before the worktree is given back.
 */
export async function dispatch(
  site: Site,
  action: Extract<Action, { do: "dispatch" }>,
  { signal, head, mend, asked = null }: { signal: AbortSignal; head: string; mend: Mend; asked?: Asked | null },
): Promise<void> {
  const unit = unitOf(site, action.task);
  const before = taskOf(site.session.run, action.task);
  const kept = action.carry ? (before.work?.kept ?? null) : null;
  const binding = site.models.binding(action);
  const claims = scopeOf(site.project, unit, head).write;
  const carried =
    kept === null ? null : await carryOver(site.git, { kept, head, only: (path) => isClaimed(claims, path) });
  const of = { task: action.task, attempt: action.attempt };
  site.session.record({
    kind: "task_dispatched",
    ...of,
    base: head,
    provider: binding.provider.name,
    agent: binding.agent,
    tier: action.tier,
    carried_from: carried === null ? null : kept,
    briefing: briefingOf(site, unit),
  });
  if (binding.route) site.session.record(routedEvent(of, binding.route));
  try {
    const refused = await stoppedBy(site.lifecycle, "pre_worktree", { ...of, commit: head }, signal);
    if (refused !== null || signal.aborted) return endBefore(site, of, { signal, refused });
    const owner = { run: site.session.id, ...of, base: head };
    const worktree = await site.pool.acquire(head, { tree: carried ?? head, owner });
    const { tier } = action;
    const nothing = { traces: new Set<string>(), ignored: new Set<string>() };
    const attempt: Attempt = { ...of, tier, base: head, unit, worktree, ...nothing, asked };
    const ending = await attend(site, attempt, { signal, mend, failed: before.failed, carried: carried !== null });
    await conclude(site, attempt, ending);
    await tellOfTask(site, attempt, ending, signal);
    worktree.release(); // not in a `finally`: where the work could not be kept, it stays for the next run to keep it
  } catch (error) {
    // What a person can mend is this attempt's failure and not the run's; a bug of ours goes on up.
    if (!(error instanceof DgovError) || taskOf(site.session.run, of.task).state !== "active") throw error;
    site.session.record({ kind: "attempt_failed", ...of, cause: "error", detail: error.message, kept: null });
  }
}

/** Ends an attempt that has no worktree. */
function endBefore(
  { session }: Site,
  of: { task: TaskId; attempt: number },
  { signal, refused }: { signal: AbortSignal; refused: string | null },
): void {
  const { cause, detail } = signal.aborted ? interrupted(signal) : { cause: "setup" as const, detail: refused ?? "" };
  session.record({ kind: "attempt_failed", ...of, cause, detail, kept: null });
}

/** Tells the project's hook how the attempt ended, while its worktree is still there. */
function tellOfTask(site: Site, attempt: Attempt, ending: Ending, signal: AbortSignal): Promise<void> {
  const commit = taskOf(site.session.run, attempt.task).work?.kept ?? undefined;
  const result = ending.done ? "done" : ending.cause;
  return inform(site.lifecycle, "post_task", { ...placeOf(attempt), commit, result }, signal);
}

const placeOf = ({ task, attempt, worktree }: Attempt) => ({ task, attempt, worktree: worktree.path });

function routedEvent(of: { task: TaskId; attempt: number }, route: Route): EventOf<"task_routed"> {
  const { to: _to, candidates, ...chosen } = route;
  return { kind: "task_routed", ...of, ...chosen, candidates: [...candidates] };
}

const isClaimed = (claims: readonly Claim[], path: string) => claims.some((claim) => covers(claim, path));

/** Asks what differs after the setup, and takes none of it for work. */
async function noteTraces(attempt: Attempt, claims: readonly Claim[]): Promise<void> {
  const { base, worktree, traces } = attempt;
  const ignores = (path: string) => {
    if (!isClaimed(claims, path)) traces.add(path);
    return true;
  };
  for (const path of (await freeze(worktree, { base, ignores })).ignored) attempt.ignored.add(path);
}

type Attending = {
  signal: AbortSignal;
  mend: Mend;
  failed: ReturnType<typeof taskOf>["failed"];
  carried: boolean;
};

/** Prepares the worktree, lets the worker work, and ends all its processes. */
async function attend(site: Site, attempt: Attempt, { signal, mend, failed, carried }: Attending): Promise<Ending> {
  const { unit, worktree } = attempt;
  const scope: Scope = { ...scopeOf(site.project, unit, attempt.base), components: site.components.tools };
  const { program, guest } = site.models.binding(attempt);
  const hooked = (hook: "post_worktree" | "pre_task") =>
    stoppedBy(site.lifecycle, hook, { ...placeOf(attempt), commit: attempt.base }, signal);
  const unprepared =
    (await hooked("post_worktree")) ??
    (await prepare(site, worktree, { signal, keeps: !carried })) ??
    (await hooked("pre_task"));
  if (signal.aborted) return interrupted(signal);
  if (unprepared !== null) return { done: false, cause: "setup", detail: unprepared };
  if (site.project.commands.setup !== null || site.project.rules.sandbox.worktree.include || site.lifecycle)
    await noteTraces(attempt, scope.write);
  // The order is written while the isolated process starts: each waits for other programs most of its time.
  const ordering = orderOf(site, {
    ...{ unit, attempt: attempt.attempt, scope, failed, carried, program, guest },
    form: attempt.asked?.form ?? null,
  });
  ordering.catch(() => {}); // heard below, when the isolated process is sure to be ended
  const git_dir = await site.git.commonDir();
  const hosts = program?.hosts ?? site.project.rules.sandbox.hosts;
  const { door, way } = doorOf(hosts, program?.mcp === true && attempt.asked === null);
  const start = (own: Scope) =>
    site.jail.start({
      root: worktree.path,
      write: grantsIn(worktree.path, unit),
      git_dir,
      ...way,
      scope: own,
      git: answerGit(worktree.git, attempt.base),
      ...cacheForCommands(site),
    });
  const isolation = await start(scope);
  try {
    const ordered = await ordering;
    const order = attempt.asked ? { ...ordered, ending: attempt.asked.tool } : ordered;
    const { task, attempt: n } = attempt;
    if (order.recalled) site.session.record({ kind: "ledger_recalled", task, attempt: n, ...order.recalled });
    const ending = await letWork(site, attempt, { isolation, scope, signal, order, start, ...door });
    if (!ending.done || !changesFiles(unit.role) || !mends(site.project)) return ending;
    return await mended(site, attempt, { ending, signal, mend, isolation });
  } catch (error) {
    // The worker can kill its own isolation: that is its failure, and it counts. A bug of ours goes on up.
    if (error instanceof IsolationLost) return { done: false, cause: "error", detail: error.message.slice(0, 500) };
    throw error;
  } finally {
    await isolation.stop();
  }
}

type Mended = { ending: Extract<Ending, { done: true }>; signal: AbortSignal; mend: Mend; isolation: Isolation };

/**
 * Lets the work be mended. It is kept before, because meanwhile the worktree may hold anything: half mended is neither
 * what the worker left nor what the gates expect, and a task that is stopped there is tried again from what it left.
 */
async function mended(site: Site, attempt: Attempt, { ending, signal, mend, isolation }: Mended): Promise<Ending> {
  const { task, base, worktree } = attempt;
  const frozen = await freeze(worktree, freezeOptions(site, attempt));
  await keepWork(site, attempt, { frozen, ending });
  const refreeze = async () => (await freeze(worktree, freezeOptions(site, attempt))).tree;
  const of = { task, attempt: attempt.attempt };
  try {
    await endedBy(signal, isolation, () => mend({ of, base, ...frozen, refreeze, isolation }));
    return signal.aborted ? { ...interrupted(signal), frozen } : { ...ending, left: frozen.tree };
  } catch (error) {
    if (error instanceof IsolationLost)
      return { done: false, cause: "error", detail: "Its isolated process died while it was mended", frozen };
    throw error;
  }
}

/** Looking for what the worker changed costs a freeze, so it is done only where something would be done with it. */
const mends = ({ commands }: Project): boolean => commands.lint_fix !== null || commands.format !== null;

function freezeOptions({ project }: Site, { base, traces }: Attempt): FreezeOptions {
  const ignored = ignoreRule(project.rules.scope.ignore);
  return { base, ignores: (path) => traces.has(path) || ignored(path) };
}

/** Freezes and keeps the work, whatever it is, and says how the attempt ended. */
async function conclude(site: Site, attempt: Attempt, ending: Ending): Promise<void> {
  const { task, attempt: n, base, unit, worktree } = attempt;
  const frozen = (!ending.done && ending.frozen) || (await freeze(worktree, freezeOptions(site, attempt)));
  const commit = await keepWork(site, attempt, { frozen, ending });
  const { session } = site;
  // No tree says this of the work, so no gate would hear of it.
  const unheld = frozen.changes.flatMap(({ path, new_oid }) => (new_oid === "" ? [`"${path}"`] : []));
  if (!ending.done) {
    const { cause, detail, short } = ending;
    const came_to = short ? { short } : {};
    session.record({ kind: "attempt_failed", task, attempt: n, cause, detail, kept: commit, ...came_to });
  } else if (unheld.length > 0) {
    const detail = `Git cannot hold what stands at ${unheld.join(", ")}: a pipe, a repository of its own, or such a name`;
    session.record({ kind: "attempt_failed", task, attempt: n, cause: "path_policy", detail, kept: commit });
  } else if (changesFiles(unit.role)) {
    assert(commit);
    const own = frozen.ignored.filter((path) => !attempt.ignored.has(path));
    if (own.length > 0) site.leftOut.set(commit, own);
    const { tree } = frozen;
    const shown = [...statedOf(site, attempt, { ...ending, tree }), ...watchedOf(site, attempt)];
    const { summary } = ending;
    const size = unit.worker.estimate?.lines === undefined ? {} : { lines: await changedLines(site.git, commit) };
    session.recordAll([...shown, { kind: "candidate_frozen", task, attempt: n, base, tree, commit, ...size, summary }]);
  } else if (frozen.changes.length === 0) {
    const stated = statedOf(site, attempt, { ...ending, tree: frozen.tree });
    const given = attempt.asked?.given() ?? null;
    const answers = given === null ? [] : [{ kind: "answer_given" as const, task, attempt: n, ...given }];
    session.recordAll([
      ...stated,
      ...answers,
      { kind: "report_filed", task, attempt: n, base, summary: ending.summary },
    ]);
  } else {
    const detail = `A ${unit.role} changed ${frozen.changes.map(({ path }) => `"${path}"`).join(", ")}`;
    session.record({ kind: "attempt_failed", task, attempt: n, cause: "scope", detail, kept: commit });
  }
}

/** @returns the commit that keeps the work, or null when there is none and nobody needs one */
async function keepWork(
  { git, session, world }: Site,
  { task, attempt, base, unit }: Attempt,
  { frozen, ending }: { frozen: Frozen; ending: Ending },
): Promise<string | null> {
  if (frozen.changes.length === 0 && !(ending.done && changesFiles(unit.role))) return null;
  const how = ending.done ? ending.summary : `${ending.cause}: ${ending.detail}`;
  return keep(git, {
    run: session.id,
    task,
    attempt,
    tree: frozen.tree,
    base,
    message: `${unit.commit_message}\n\nAttempt ${attempt} of ${task}: ${how}`,
    at_ms: world.now_ms(),
  });
}
