import type { EventOf, TaskId, TaskState } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { isOne, lastFindings, type OpenOf } from "./open_findings.ts";
import { findRoot } from "./root.ts";
import type { Events } from "./run_events.ts";
import { saidAbout, saidIn } from "./said_findings.ts";
import { ask, type From, lastRun, personIn, type Taken, taskNamed } from "./steering/ask.ts";
import { type Request, readRequest, requestFiles, Word } from "./steering/request.ts";

export { Word };

/**
 * A blocker that a seat has named of the work that it was asked about last. `said`: a person's last word on it; null: none.
 * `taken`: whether it is in the log; until then it lies there for the run, or the next one.
 */
export type HeldFinding = {
  task: string;
  finding: string; // its name: `oak-1` is the first of the seat `oak`
  seat: string;
  attempt: number;
  path: string | null;
  line: number | null;
  message: string;
  said: (SaidBy & { taken: boolean }) | null;
};
type SaidBy = Pick<EventOf<"finding_answered">, "does" | "by" | "reason">;

/** What reviewers hold against the tasks of the last run. `over`: whether that has ended. */
export type Held = { run: string; plan_dir: string; over: boolean; findings: readonly HeldFinding[] };

/**
 * What reviewers hold against the last run here.
 *
 * @param task an id, or its last part where only one task has it; null: all
 * @throws DgovError `run_unknown`, `task_unknown`
 */
export function heldFindings(cwd: string, task: string | null): Held {
  const root = findRoot(cwd);
  const { id, run, events } = lastRun(root, "list findings");
  const wanted = task === null ? null : taskNamed(run, task, "list findings of");
  const tasks = run.tasks.filter((one) => wanted === null || one.id === wanted);
  const findings = heldOf(root, tasks, events);
  return { run: id, plan_dir: run.started.plan_dir, over: run.state === "ended", findings };
}

/** The same of tasks of a run whose events are at hand. */
export function heldOf(
  root: string,
  tasks: readonly { id: TaskId; state: TaskState }[],
  events: Events,
): HeldFinding[] {
  const wishes = requestFiles(root).map((file) => readRequest(root, file));
  return tasks.flatMap(({ id, state }) => {
    if (state === "landed") return [];
    const said = saidIn(events, id);
    return lastFindings(events, id).map((open) => held(id, open, wishAbout(wishes, id, open) ?? wordOn(said, open)));
  });
}

function held(task: string, { id, finding, seat, attempt }: OpenOf, said: HeldFinding["said"]): HeldFinding {
  const { path, line, message } = finding;
  return { task, finding: id, seat, attempt, path: path ?? null, line: line ?? null, message, said };
}

/** The last word on a blocker that a run has heard. */
function wordOn(all: ReturnType<typeof saidIn>, open: OpenOf): HeldFinding["said"] {
  const said = saidAbout(all, open);
  return said && { does: said.does, by: said.by, reason: said.reason, taken: true };
}

/** The last thing that somebody wants to be said of a blocker, and that no run has taken yet. */
function wishAbout(wishes: readonly (Request | null)[], task: TaskId, open: OpenOf): HeldFinding["said"] {
  const wish = wishes.findLast((one) => one?.task === task && one.finding && isOne(asOpen(one.finding), open));
  const does = Word.safeParse(wish?.verb);
  return wish && does.success ? { does: does.data, by: wish.by, reason: wish.reason, taken: false } : null;
}

const asOpen = ({ id, finding, seat, tree }: NonNullable<Request["finding"]>) => ({ id, finding, seat, tree });

/** What a person says of a blocker. `finding`: its name. */
export type Speaking = { word: Word; task: string; finding: string; reason: string; by?: string; wait_ms: number };

/** `over`: whether the run has ended, so that its next one hears it. */
export type Spoken = { word: Word; finding: string; over: boolean } & Taken;

/**
 * Says something to a reviewer of the last run here, about a blocker that it has named; it is heard when the work is judged next.
 *
 * @throws DgovError `run_unknown`, `task_unknown`, `finding_unknown`, or `steer_refused` for what has been said, or has landed
 */
export async function speakOf(speaking: Speaking, from: From): Promise<Spoken> {
  const { word, reason, wait_ms } = speaking;
  const root = findRoot(from.cwd);
  const last = lastRun(root, word);
  const task = taskNamed(last.run, speaking.task, word);
  const open = lastFindings(last.events, task);
  const finding = open.find(({ id }) => id === speaking.finding);
  if (finding === undefined) {
    const there = open.map(({ id }) => id).join(", ");
    const why = there === "" ? "no reviewer holds anything against it" : `it must be ${there}`;
    throw new DgovError("finding_unknown", `Cannot ${word} "${speaking.finding}" of "${task}": ${why}`);
  }
  const by = speaking.by ?? personIn(from.env);
  const at_ms = from.now_ms();
  const request: Request = { run: last.id, verb: word, task, finding, by, reason: reason.slice(0, 2000), at_ms };
  const taken = await ask(root, last, request, { from, wait_ms });
  return { word, finding: finding.id, over: last.run.state === "ended", ...taken };
}
