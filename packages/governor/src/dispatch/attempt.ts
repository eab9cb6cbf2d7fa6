import { strict as assert } from "node:assert";
import { type Action, type Cause, type EventOf, shortOf, type TaskId, taskOf } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import type { StatedCheck } from "@dgov/kernel/stated";
import { type Claim, covers, type Isolation, IsolationLost, type Scope } from "@dgov/sandbox";
import type { AnswerForm, Outcome, ToolBox } from "@dgov/worker";
import type { Program } from "../agent_file.ts";
import { Cancelled } from "../cancelled.ts";
import { DgovError } from "../error.ts";
import { answerGit } from "../git/answer_git.ts";
import { type FreezeOptions, type Frozen, freeze, keep } from "../git/candidate.ts";
import { changedLines } from "../git/describe.ts";
import { carryOver } from "../git/integrate.ts";
import type { Change } from "../git/tree_changes.ts";
import type { Lease } from "../git/worktrees.ts";
import { ignoreRule } from "../ignore.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { Route } from "../routing.ts";
import { inform, stoppedBy } from "../run_hook.ts";
import { type Short, sayShort } from "../short_text.ts";
import { type Site, unitOf } from "../site.ts";
import { withAnswers } from "./answer_findings.ts";
import { briefingOf } from "./briefing.ts";
import { doorOf } from "./lending.ts";
import { orderOf, type WorkOrder } from "./order.ts";
import { endedBy, prepare } from "./prepare.ts";
import type { Lent } from "./program.ts";
import { type Ended, workByProgram } from "./program_outcome.ts";
import { grantsIn, scopeOf } from "./scope.ts";
import { statedOf } from "./stated.ts";
import { lendTo, type Talker, talk } from "./talk.ts";
import { watchedOf } from "./watched.ts";

/**
 * One attempt under way. `base` is the commit its worktree was made from; `traces` are unclaimed paths that its setup
 * made or changed, which are nobody's work; `ignored` is what git ignores and its setup has left.
 */
type Attempt = {
  task: TaskId;
  attempt: number;
  tier: number;
  base: string;
  unit: CompiledTask;
  worktree: Lease;
  traces: Set<string>;
  ignored: Set<string>;
  asked: Asked | null;
};

/**
 * What is asked of somebody who is consulted: the tools that are lent, with the one that ends the work by an answer, the
 * same for a program, which has no tools of ours, and the answer as the log is to have it, once there is one.
 */
export type Asked = {
  tool: string;
  lend: (tools: ToolBox) => ToolBox;
  byProgram: (site: Site, of: Pick<Attempt, "task" | "attempt">, lent: Lent) => Promise<Ended | null>;
  form: AnswerForm;
  given: () => Pick<EventOf<"answer_given">, "form" | "answer" | "refused"> | null;
};

/**
 * How the worker's part ended, before anybody has looked at the work. `frozen`: its work, where what stands in the
 * worktree is no longer it. `left`: the tree it left, where its work was mended since.
 */
type Ending =
  | { done: true; summary: string; checks?: readonly StatedCheck[]; left?: string }
  | { done: false; cause: Cause; detail: string; frozen?: Frozen; short?: Short };

/** How the talk with the model ended; of a budget, the ceiling that it came to. */
type Talked = Exclude<Outcome, { ended: "budget" }> | { ended: "budget"; short: Short };

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
    });
  const isolation = await start(scope);
  try {
    const ordered = await ordering;
    const order = attempt.asked ? { ...ordered, ending: attempt.asked.tool } : ordered;
    const { task, attempt: n } = attempt;
    if (order.recalled) site.session.record({ kind: "ledger_recalled", task, attempt: n, ...order.recalled });
    const talking = { isolation, scope, signal, order, start, ...door };
    const ending =
      program === null
        ? endingOf(await converse(site, attempt, talking), signal, site.project.limits.budget.currency)
        : await lent(site, attempt, { ...talking, program });
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

type Talking = Pick<Lent, "isolation" | "scope" | "signal" | "start" | "door"> & { order: WorkOrder };

/** The model loop, with its hands lent to it. */
async function converse(site: Site, attempt: Attempt, { isolation, scope, signal, order }: Talking): Promise<Talked> {
  const { task, attempt: n, tier, worktree, unit, asked } = attempt;
  const { provider, agent, price, guest } = site.models.binding({ task, tier });
  const hands = { of: { task, attempt: n }, isolation, scope, root: worktree.path, required: order.required };
  const lend = asked?.lend ?? withAnswers(site, hands.of);
  if (guest) return inTime(site, task, await lendTo(guest, site, { ...hands, order, signal, lend }));
  const talker: Talker = {
    ...hands,
    caller: { role: unit.role, model: `${provider.name}/${agent}`, price },
    model: site.models.model({ task, tier, attempt: n }),
    ...(lend ? { lend } : {}),
  };
  const { outcome, short } = await talk(site, talker, { order, signal });
  if (outcome.ended === "budget") {
    assert(short, "A call was refused, and no ceiling said so");
    return { ended: "budget", short };
  }
  return inTime(site, task, outcome);
}

/** Whose time was over by a ceiling came to that, and not to a limit of their own. */
function inTime(site: Site, task: TaskId, outcome: Outcome): Talked {
  assert(outcome.ended !== "budget", "A ceiling was come to, and nobody says which");
  const late = outcome.ended === "timeout" ? outOfTime(site, task) : null;
  return late === null ? outcome : { ended: "budget", short: late };
}

/** The whole attempt is another program's. What it says decides nothing: how it ends does, and what it leaves. */
async function lent(site: Site, attempt: Attempt, talking: Talking & { program: Program }): Promise<Ending> {
  const { task, attempt: n, worktree, asked } = attempt;
  const lending = { ...talking, root: worktree.path };
  const of = { task, attempt: n };
  const ending = await (asked ? asked.byProgram(site, of, lending) : workByProgram(site, of, lending));
  if (ending === null) return interrupted(talking.signal);
  const late = !ending.done && ending.cause === "timeout" ? outOfTime(site, attempt.task) : null;
  if (late === null) return ending;
  return { done: false, cause: "budget", detail: sayShort(late, site.project.limits.budget.currency), short: late };
}

/** The ceiling of time that a worker came to, or null when it was its own timeout. */
function outOfTime({ session }: Site, task: TaskId): Short | null {
  const short = shortOf(session.run, { task, tokens: 0, cost_micros: 0, again: true }, session.worked(task));
  if (short?.limit !== "wall_ms") return null;
  const { waits: _never, ...ceiling } = short;
  return ceiling;
}

function endingOf(outcome: Talked, signal: AbortSignal, currency: string): Ending {
  switch (outcome.ended) {
    case "done":
      return { done: true, summary: outcome.summary, ...(outcome.checks ? { checks: outcome.checks } : {}) };
    case "incomplete":
    case "blocked":
      return { done: false, cause: outcome.ended, detail: outcome.summary };
    case "stuck":
      return {
        done: false,
        cause: "stuck",
        detail: `No tool was used in its last turns; ${outcome.after_turns} in all`,
      };
    case "turns":
      return { done: false, cause: "turns", detail: `${outcome.turns} turns are used up` };
    case "timeout":
      return { done: false, cause: "timeout", detail: `${Math.round(outcome.after_ms / 1000)} s are used up` };
    case "budget":
      return { done: false, cause: "budget", detail: sayShort(outcome.short, currency), short: outcome.short };
    case "cancelled":
      return interrupted(signal);
    case "provider":
      if (signal.aborted) return interrupted(signal);
      return { done: false, cause: "provider", detail: `${outcome.cause}: ${outcome.detail}` };
  }
}

/** Somebody stopped the run, or this task alone. */
const interrupted = ({ reason }: AbortSignal) =>
  ({
    done: false,
    cause: reason instanceof Cancelled ? "cancelled" : "interrupted",
    detail: String(reason ?? ""),
  }) as const satisfies Ending;

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
