import { type Cause, type EventOf, type Finding, type Run, replay, type Stored, type Task } from "@dgov/kernel";
import { type Blame, type Clash, type Whose, withBlame } from "./blame.ts";
import { callsIn, sumOf } from "./cost.ts";
import { type WholeSummary, wholeOf } from "./whole.ts";

/** How a run stands, for people and for programs. The first keys are those of dgov 0.8. */
export type RunSummary = TaskLists & {
  status: EventOf<"run_ended">["status"] | "interrupted" | "running";
  run: string;
  plan: string;
  plan_dir: string;
  target: string;
  tasks: TaskSummary[];
  spent: SpentSummary;
  abort: Abort | null;
  whole: WholeSummary | null; // of all that has landed, taken together; null: it was not asked for, or not yet
  pending: string | null; // what to run when the work waits on its own ref
};

/** Every task is in one of these. */
type TaskLists = { succeeded: string[]; failed: string[]; skipped: string[]; unfinished: string[] };

/** `cost_micros` is of the calls that have a price; null when there were calls and none had one. */
export type SpentSummary = {
  calls: number;
  tokens: number;
  cost_micros: number | null;
  currency: string;
  unpriced_calls: number;
};

/** The run came to a ceiling of its own. `pending`: what was not begun, or not brought to its end, because of it. */
export type Abort = { code: "budget"; short: Short; pending: string[] };
type Short = NonNullable<Run["short"]>;

export type TaskSummary = {
  task: string;
  state: Task["state"];
  attempts: number;
  commit: string | null;
  cause: Cause | null;
  gate: string | null;
  reason: string | null; // one sentence, null unless it failed or was skipped
  findings: Finding[];
  blame: Blame | null; // whose doing a refusal is
  clash: Clash | null; // the landing that it does not pass with
};

/** Folds a run's events, from its first, into its summary. */
export function summarise(id: string, events: readonly Stored[]): RunSummary {
  const run = replay(events);
  if (!run) throw new Error(`No events of run "${id}"`);
  let pending: string | null = null;
  const because = new Map<string, string>();
  for (const { event } of events) {
    if (event.kind === "checkout_behind") pending = event.cure;
    if (event.kind === "task_skipped") because.set(event.task, `It waits for "${event.because}", which did not land`);
    if (event.kind === "task_cancelled") because.set(event.task, sayCancelled(event));
  }
  const named = (...states: Task["state"][]) =>
    run.tasks.filter((task) => states.includes(task.state)).map(({ id }) => id);
  return {
    status: run.status ?? (run.state === "interrupted" ? "interrupted" : "running"),
    succeeded: named("landed"),
    failed: run.tasks.filter((task) => task.state === "failed" && !isCutOff(task)).map(({ id }) => id),
    skipped: named("skipped"),
    unfinished: run.tasks.filter((task) => !OVER.has(task.state) || isCutOff(task)).map(({ id }) => id),
    run: id,
    plan: run.started.plan,
    plan_dir: run.started.plan_dir,
    target: run.started.target,
    tasks: run.tasks.map((task) => summariseTask(task, because.get(task.id))),
    spent: spentOf(run, events),
    abort: abortOf(run),
    whole: wholeOf(run, events),
    pending,
  };
}

function spentOf({ spent, started }: Run, events: readonly Stored[]): SpentSummary {
  const { cost_micros, unpriced_calls } = sumOf(callsIn(events));
  const { calls, tokens } = spent;
  return { calls, tokens, cost_micros, currency: started.currency ?? "USD", unpriced_calls };
}

function abortOf({ short, tasks }: Run): Abort | null {
  if (!short) return null;
  const kept = tasks.filter(
    ({ state, failed }) => state === "waiting" || (state === "failed" && failed?.cause === "budget"),
  );
  return { code: "budget", short, pending: kept.map(({ id }) => id) };
}

const OVER: ReadonlySet<Task["state"]> = new Set(["landed", "failed", "skipped"]);

/** Nobody found fault with its work: the run was stopped or killed under it, and the next one goes on from it. */
export const isCutOff = ({ state, failed }: Pick<Task, "state" | "failed">): boolean =>
  state === "failed" && (failed?.cause === "interrupted" || failed?.cause === "lost");

/** Why an attempt failed, in one sentence. */
export function reasonOf({ cause, detail, findings, ...whose }: Failed): string {
  const [first] = findings;
  if (first) return withBlame(sayFinding(first), whose);
  return detail === "" || detail === WORDS[cause] ? WORDS[cause] : `${WORDS[cause]}: ${detail}`;
}

type Failed = Pick<NonNullable<Task["failed"]>, "cause" | "detail" | "findings"> & Whose;

/** A finding in one line, with its place unless the message names it. */
export function sayFinding(finding: Finding): string {
  const { path, message } = finding;
  return path === undefined || message.includes(path) ? message : `${place(finding)}: ${message}`;
}

/** `src/a.ts:3:1`, as far as it is known. */
function place({ path, line, column }: Finding): string {
  const known = [path, line, path === undefined || line === undefined ? undefined : column];
  return known.filter((part) => part !== undefined).join(":");
}

function summariseTask(task: Task, because: string | undefined): TaskSummary {
  const failed = task.state === "failed" ? task.failed : null;
  return {
    task: task.id,
    state: task.state,
    attempts: task.attempt,
    commit: task.work?.landed ?? null,
    cause: failed?.cause ?? null,
    gate: failed?.gate ?? null,
    reason: failed ? reasonOf(failed) : task.state === "skipped" ? (because ?? null) : null,
    findings: [...(failed?.findings ?? [])],
    blame: failed?.blame ?? null,
    clash: failed?.clash ?? null,
  };
}

/** Who has left a task out, and why, as far as they have said. */
export const sayCancelled = ({ by, reason }: Pick<EventOf<"task_cancelled">, "by" | "reason">): string =>
  `${by} has left it out${reason === "" ? "" : `: ${reason}`}`;

/** What each cause means, for a person who has not read the code. */
export const WORDS: Readonly<Record<Cause, string>> = {
  error: "The worker or its tools crashed",
  timeout: "The worker ran out of its wall-clock time",
  turns: "The worker used up its turns without saying done",
  stuck: "The worker stopped using tools and never said done",
  incomplete: "The worker said that its work is not complete",
  blocked: "The worker said that it cannot go on without a person",
  provider: "The model could not be reached",
  budget: "A ceiling on what may be spent was reached",
  setup: "The worktree could not be prepared",
  lost: "The process that ran the attempt is gone",
  interrupted: "The run was stopped, and the work is kept",
  cancelled: "A person stopped the task, and the work is kept",
  scope: "The work changes files that the task does not claim",
  symbol_scope: "The work changes symbols that the task does not claim",
  read_scope: "The work changes files that the task may only read",
  path_policy: "The work changes files that the project's scope forbids",
  reserved_path: "The work changes files that belong to the governor",
  empty_diff: "The worker said done, and nothing has changed",
  diff_size: "The work changes more files than the project allows",
  gate: "A check of the project fails on the integrated work",
  text_conflict: "The work and what landed before it change the same lines",
  semantic: "The integrated work does not fit together",
  review: "A reviewer did not approve",
  unwatched: "Nobody saw its tests fail before the work began",
  broken: "A gate could not answer, and what was not judged does not land",
};
