import { FOLDED, type Run, RunId, replay, type TaskId, type TaskState } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { openReadable } from "./log.ts";
import { findRoot } from "./root.ts";
import type { World } from "./session.ts";
import { processOf } from "./status.ts";
import { decide } from "./steering/decide.ts";
import { fileRequest, type Request, requestFiles, Verb } from "./steering/request.ts";

export { Verb };

/** What a person asks for. `task`: an id, or its last part where only one task has it; null: the whole run. */
export type Asking = { verb: Verb; task: string | null; reason: string; by?: string; wait_ms: number };

/** `taken`: the governor has done it; false: it is still at it, or the next run will take it up. `state`: of the task now. */
export type Steered = {
  verb: Verb;
  run: string;
  plan_dir: string;
  task: string | null;
  taken: boolean;
  state: TaskState | null;
  process: "alive" | "gone" | "unknown";
};

type From = { cwd: string } & Pick<World, "env" | "now_ms" | "random" | "sleep_ms" | "signal">;

const LOOK_EVERY_MS = 50;

/**
 * Asks the last run here for something, and waits until it is done, or time is over. The governor alone writes the log, so what
 * is asked for lies in a file until it takes it: at once where a run is under way, else when the run is gone on with.
 *
 * @throws DgovError `run_unknown`, `task_unknown`, or `steer_refused` for what cannot be done as the run stands
 */
export async function steer(asking: Asking, from: From): Promise<Steered> {
  const root = findRoot(from.cwd);
  const { id, run } = lastRun(root, asking);
  const task = asking.task === null ? null : taskNamed(run, asking.task, asking.verb);
  const by = asking.by ?? personIn(from.env);
  const { verb, reason } = asking;
  const request: Request = { run: id, verb, task, by, reason: reason.slice(0, 2000), at_ms: from.now_ms() };
  const process = processOf(root);
  refuseUnfit(run, request, process);
  const file = fileRequest(root, request, from.random());
  const isLeft = () => requestFiles(root).includes(file);
  if (process !== "gone")
    for (let waited_ms = 0; isLeft() && waited_ms < asking.wait_ms; waited_ms += LOOK_EVERY_MS) {
      if (from.signal.aborted) break;
      await from.sleep_ms(LOOK_EVERY_MS, from.signal);
    }
  const now = lastRun(root, asking).run;
  const state = now.tasks.find((one) => one.id === task)?.state ?? null;
  return { verb, run: id, plan_dir: run.started.plan_dir, task, taken: !isLeft(), state, process };
}

/** Who asks, as the machine calls them. */
const personIn = ({ USER, LOGNAME, USERNAME }: World["env"]): string =>
  (USER || LOGNAME || USERNAME || "somebody").slice(0, 200);

function lastRun(root: string, { verb }: Pick<Asking, "verb">): { id: RunId; run: Run } {
  const log = openReadable(root);
  try {
    const last = log.lastRun();
    const run = last && replay(log.read({ run: last.run, kinds: FOLDED, after: last.first_seq - 1 }));
    if (last && run) return { id: RunId.parse(last.run), run };
    throw new DgovError("run_unknown", `Cannot ${verb}: nothing was ever run here`);
  } finally {
    log.close();
  }
}

/** @throws DgovError `task_unknown` */
function taskNamed({ tasks }: Run, name: string, verb: Verb): TaskId {
  const all = tasks.map(({ id }) => id);
  const fitting = all.filter((id) => id === name || id.endsWith(`.${name}`));
  const [one, ...others] = all.filter((id) => id === name).concat(fitting.filter((id) => id !== name));
  if (one !== undefined && (one === name || others.length === 0)) return one;
  const why = one === undefined ? "the last run has no such task" : `it is ${[one, ...others].join(" or ")}`;
  const hint = one === undefined ? 'See its tasks with "dgov status --all"' : "Give the whole id";
  throw new DgovError("task_unknown", `Cannot ${verb} "${name}": ${why}`, { hint });
}

function refuseUnfit(run: Run, request: Request, process: Steered["process"]): void {
  const { verb, task } = request;
  const decided = decide(run, request, null);
  const gone = task === null && process === "gone";
  if (decided.do !== "drop" && !gone) return;
  const why = decided.do === "drop" ? decided.why : "its process is gone";
  const { plan_dir } = run.started;
  const hint =
    run.state === "ended" && verb === "retry" ? `Try again what failed with "dgov run ${plan_dir} --continue"` : null;
  const what = task === null ? "the run" : `"${task}"`;
  throw new DgovError("steer_refused", `Cannot ${verb} ${what}: ${why}`, hint === null ? {} : { hint });
}
