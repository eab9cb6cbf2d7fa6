import { findRoot } from "./root.ts";
import { ask, type From, lastRun, personIn, type Taken, taskNamed } from "./steering/ask.ts";
import { type Request, Verb } from "./steering/request.ts";

export { Verb };

/** What a person asks for. `task`: an id, or its last part where only one task has it; null: the whole run. */
export type Asking = { verb: Verb; task: string | null; reason: string; by?: string; wait_ms: number };

/** `taken`: the governor has done it; false: it is still at it, or the next run will take it up. `state`: of the task now. */
export type Steered = { verb: Verb } & Taken;

/**
 * Asks the last run here for something, and waits until it is done, or time is over.
 *
 * @throws DgovError `run_unknown`, `task_unknown`, or `steer_refused` for what cannot be done as the run stands
 */
export async function steer({ verb, reason, ...asking }: Asking, from: From): Promise<Steered> {
  const root = findRoot(from.cwd);
  const last = lastRun(root, verb);
  const task = asking.task === null ? null : taskNamed(last.run, asking.task, verb);
  const by = asking.by ?? personIn(from.env);
  const request: Request = { run: last.id, verb, task, by, reason: reason.slice(0, 2000), at_ms: from.now_ms() };
  return { verb, ...(await ask(root, last, request, { from, wait_ms: asking.wait_ms })) };
}
