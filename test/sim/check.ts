import { strict as assert } from "node:assert";
import {
  type Cause,
  type Event,
  next,
  type Run,
  replay,
  retry,
  type Stored,
  type TaskId,
  taskOf,
} from "../../packages/kernel/src/index.ts";
import { rederive } from "../../packages/kernel/src/rederive.ts";
import type { Bill, World } from "./world.ts";

export type Entry = Pick<Stored, "seq" | "at_ms" | "event">;

/** What must hold after every event. */
export function checkState(run: Run, bill: Bill): void {
  let active = 0;
  const landing = new Set<string>();
  for (const task of run.tasks) {
    if (task.state === "landing") landing.add(task.work?.integrated?.tip ?? task.id);
    if (task.state === "active") active += 1;
    if (task.state === "waiting" || task.state === "skipped") continue;
    for (const dep of task.after)
      assert.equal(taskOf(run, dep).state, "landed", `"${task.id}" went on before "${dep}" had landed`);
  }
  assert(landing.size <= 1, "two landings at once");
  assert(active <= run.started.jobs, "more workers than jobs");
  const { tokens, cost_micros, calls } = bill.total();
  const held = [...run.spent.reserved.values()];
  const sum = (of: (one: { tokens: number; cost_micros: number }) => number) =>
    held.reduce((all, one) => all + of(one), 0);
  assert.equal(run.spent.calls + held.length, calls, "calls are not as billed");
  assert.equal(run.spent.tokens + sum((one) => one.tokens), tokens, "tokens are not as billed");
  assert.equal(run.spent.cost_micros + sum((one) => one.cost_micros), cost_micros, "money is not as billed");
}

/** The log alone gives the state, and the state alone what is to be done. */
export function checkReplay(run: Run, log: readonly Entry[]): Run {
  const again = replay(log);
  assert(again && Bun.deepEquals(again, run, true), "the log alone does not give the state");
  assert(Bun.deepEquals(next(again), next(run), true), "a replay decides otherwise");
  return again;
}

/** Whoever reads the log decides each time as the governor did that wrote it. */
export function checkDecisions(log: readonly Entry[]): void {
  const { difference, events } = rederive(log);
  assert.deepEqual({ difference, events }, { difference: null, events: log.length });
}

/** A candidate that was overtaken twice is not overtaken by one that was not. */
export function checkTurn(run: Run, event: Event): void {
  if (event.kind !== "landing_started" || run.started.batch !== undefined) return; // there nobody overtakes anybody
  if (taskOf(run, event.task).stale >= 2) return;
  for (const { id, state, stale } of run.tasks)
    assert(stale < 2 || (state !== "judging" && state !== "ready"), `"${id}" starves`);
}

/** What must hold when a run has ended. */
export function checkEnd(run: Run, log: readonly Entry[], world: World): void {
  assert.equal(run.state, "ended");
  assert.deepEqual(next(run), []);
  for (const task of run.tasks) {
    assert(["landed", "failed", "skipped"].includes(task.state), `"${task.id}" is still "${task.state}"`);
    if (task.state === "failed") assert.equal(retry(task, run.started.retry).do, "give_up");
    if (task.state === "skipped")
      assert(
        task.after.some((dep) => taskOf(run, dep).state !== "landed"),
        `"${task.id}" was skipped for nothing`,
      );
    const came = run.started.tasks.some(({ id, role, carried }) => id === task.id && role === "worker" && !carried);
    assert.equal(world.landed.get(task.id) ?? 0, task.state === "landed" && came ? 1 : 0, `"${task.id}" on the branch`);
  }
  const all = run.tasks.every(({ state }) => state === "landed");
  const [said = "pass"] = run.whole.judged.values();
  const asked = run.started.final !== undefined && run.short?.limit !== "wall_ms" && run.whole.landings.length > 0;
  assert.equal(run.whole.judged.size > 0 || !asked, true, "all that has landed is judged together");
  assert.equal(run.status === "complete", all && said === "pass", "complete means all of it, and that it passes");
  assert.equal(run.status === "red", all && said !== "pass", "red means all of it, and that it does not pass");
  for (const { id } of run.tasks) checkRetries(run, id, log);
}

const FREE: readonly Cause[] = ["lost", "interrupted"];
const NEVER: readonly Cause[] = ["setup", "blocked", "budget", "scope", "path_policy", "reserved_path", "broken"];

/**
 * Counts a task's attempts by hand: on a rung no more than the policy grants, and no rung twice between two retries of the
 * user.
 */
function checkRetries(run: Run, id: TaskId, log: readonly Entry[]): void {
  const { retries, settlement_retries, tiers } = run.started.retry;
  const most = (tier: number) => 1 + retries + (tier === 0 ? settlement_retries : 0);
  let tier = 0;
  let counted = 0;
  let last: Cause | null = null;
  for (const { event } of log) {
    if (!("task" in event) || event.task !== id) continue;
    if (event.kind === "attempt_failed" || event.kind === "candidate_rejected") {
      last = event.cause;
      if (!FREE.includes(last)) counted += 1;
    }
    if (event.kind === "task_retried" && event.by === "policy") {
      assert(last !== null && !NEVER.includes(last), `"${id}" was tried again after "${last}"`);
      assert(last !== "stuck" || event.tier > tier, `"${id}" was tried again by the agent that was stuck`);
      assert([tier, tier + 1].includes(event.tier), `"${id}" went from rung ${tier} to ${event.tier}`);
    }
    if (event.kind === "task_retried" && (event.by === "user" || event.tier > tier)) counted = 0;
    if (event.kind === "task_retried") tier = event.tier;
    assert(counted <= most(tier), `"${id}" failed ${counted} times, where ${most(tier)} are granted`);
    if (event.kind === "task_dispatched") assert(event.tier < tiers, `no rung ${event.tier}`);
  }
}
