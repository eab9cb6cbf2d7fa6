import { type Event, type EventKind, FOLDED, type Run, RunId, replay, type TaskId, type TaskState } from "@dgov/kernel";
import { DgovError } from "../error.ts";
import { openReadable } from "../log.ts";
import { type Events, eventsOver } from "../run_events.ts";
import type { World } from "../session.ts";
import { processOf } from "../status.ts";
import { decide } from "./decide.ts";
import { fileRequest, isWord, type Request, requestFiles } from "./request.ts";

/**
 * What has come of a request. `taken`: the governor has done it; false: it is still at it, or the next run will take it up.
 * `state`: of the task now.
 */
export type Taken = {
  run: string;
  plan_dir: string;
  task: string | null;
  taken: boolean;
  state: TaskState | null;
  process: "alive" | "gone" | "unknown";
};

export type From = { cwd: string } & Pick<World, "env" | "now_ms" | "random" | "sleep_ms" | "signal">;

/** The last run here, and what its reviewers and persons have said. */
export type Last = { id: RunId; run: Run; events: Events };

const LOOK_EVERY_MS = 50;

/**
 * Asks a run for something, and waits until it is done, or time is over. The governor alone writes the log, so what is asked
 * for lies in a file until it takes it: at once where a run is under way, else when the run is gone on with.
 *
 * @throws DgovError `steer_refused` for what cannot be done as the run stands
 */
export async function ask(
  root: string,
  last: Last,
  request: Request,
  { from, wait_ms }: { from: From; wait_ms: number },
): Promise<Taken> {
  const { verb, task } = request;
  const process = processOf(root);
  refuseUnfit(last, request, process);
  const file = fileRequest(root, request, from.random());
  const isLeft = () => requestFiles(root).includes(file);
  const isOver = process === "gone" || last.run.state === "ended";
  for (let waited_ms = 0; !isOver && isLeft() && waited_ms < wait_ms; waited_ms += LOOK_EVERY_MS) {
    if (from.signal.aborted) break;
    await from.sleep_ms(LOOK_EVERY_MS, from.signal);
  }
  const now = lastRun(root, verb).run;
  const state = now.tasks.find((one) => one.id === task)?.state ?? null;
  return { run: last.id, plan_dir: last.run.started.plan_dir, task, taken: !isLeft(), state, process };
}

/** Who asks, as the machine calls them. */
export const personIn = ({ USER, LOGNAME, USERNAME }: World["env"]): string =>
  (USER || LOGNAME || USERNAME || "somebody").slice(0, 200);

/** @throws DgovError `run_unknown` */
export function lastRun(root: string, does: string): Last {
  const log = openReadable(root);
  try {
    const last = log.lastRun();
    const after = (last?.first_seq ?? 1) - 1;
    const run = last && replay(log.read({ run: last.run, kinds: FOLDED, after }));
    if (!last || !run) throw new DgovError("run_unknown", `Cannot ${does}: nothing was ever run here`);
    const said: Event[] = [...log.read({ run: last.run, kinds: SAYING, after })].map(({ event }) => event);
    return { id: RunId.parse(last.run), run, events: eventsOver(said) };
  } finally {
    log.close();
  }
}

/** What there is between reviewers and persons. */
export const SAYING: readonly EventKind[] = ["review_opened", "seat_voted", "finding_answered"];

/** @throws DgovError `task_unknown` */
export function taskNamed({ tasks }: Run, name: string, does: string): TaskId {
  const all = tasks.map(({ id }) => id);
  const fitting = all.filter((id) => id === name || id.endsWith(`.${name}`));
  const [one, ...others] = all.filter((id) => id === name).concat(fitting.filter((id) => id !== name));
  if (one !== undefined && (one === name || others.length === 0)) return one;
  const why = one === undefined ? "the last run has no such task" : `it is ${[one, ...others].join(" or ")}`;
  const hint = one === undefined ? 'See its tasks with "dgov status --all"' : "Give the whole id";
  throw new DgovError("task_unknown", `Cannot ${does} "${name}": ${why}`, { hint });
}

function refuseUnfit({ run, events }: Last, request: Request, process: Taken["process"]): void {
  const { verb, task } = request;
  const decided = decide(run, request, null, events);
  const gone = task === null && process === "gone";
  if (decided.do !== "drop" && !gone) return;
  const why = decided.do === "drop" ? decided.why : "its process is gone";
  const { plan_dir } = run.started;
  const hint =
    run.state === "ended" && verb === "retry" ? `Try again what failed with "dgov run ${plan_dir} --continue"` : null;
  const what = task === null ? "the run" : `"${task}"`;
  const of = isWord(request) && request.finding ? `"${request.finding.id}" of ${what}` : what;
  throw new DgovError("steer_refused", `Cannot ${verb} ${of}: ${why}`, hint === null ? {} : { hint });
}
