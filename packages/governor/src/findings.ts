import type { EventOf } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { lastFindings, type OpenOf } from "./open_findings.ts";
import { findRoot } from "./root.ts";
import { saidAbout, saidIn } from "./said_findings.ts";
import { ask, type From, lastRun, personIn, type Taken, taskNamed } from "./steering/ask.ts";
import { type Request, Word } from "./steering/request.ts";

export { Word };

/** A blocker that a seat has named of the work that it was asked about last. `said`: a person's last word on it; null: none. */
export type HeldFinding = {
  task: string;
  finding: string; // its name: `oak-1` is the first of the seat `oak`
  seat: string;
  attempt: number;
  path: string | null;
  line: number | null;
  message: string;
  said: Pick<EventOf<"finding_answered">, "does" | "by" | "reason"> | null;
};

/** What reviewers hold against the tasks of the last run. `over`: whether that has ended. */
export type Held = { run: string; plan_dir: string; over: boolean; findings: readonly HeldFinding[] };

/**
 * What reviewers hold against the last run here.
 *
 * @param task an id, or its last part where only one task has it; null: all
 * @throws DgovError `run_unknown`, `task_unknown`
 */
export function heldFindings(cwd: string, task: string | null): Held {
  const { id, run, events } = lastRun(findRoot(cwd), "list findings");
  const wanted = task === null ? null : taskNamed(run, task, "list findings of");
  const findings = run.tasks.flatMap((one) => {
    if (one.state === "landed" || (wanted !== null && one.id !== wanted)) return [];
    const said = saidIn(events, one.id);
    return lastFindings(events, one.id).map((open) => held(one.id, open, saidAbout(said, open)));
  });
  return { run: id, plan_dir: run.started.plan_dir, over: run.state === "ended", findings };
}

function held(
  task: string,
  { id, finding, seat, attempt }: OpenOf,
  said: EventOf<"finding_answered"> | null,
): HeldFinding {
  const { path, line, message } = finding;
  const word = said && { does: said.does, by: said.by, reason: said.reason };
  return { task, finding: id, seat, attempt, path: path ?? null, line: line ?? null, message, said: word };
}

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
