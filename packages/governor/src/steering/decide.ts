import { carries, type Event, type Run, retry, type Task, taskOf } from "@dgov/kernel";
import { APPROVAL, awaitsApproval } from "@dgov/kernel/approval";
import { Cancelled } from "../cancelled.ts";
import type { Events } from "../run_events.ts";
import { isWord, type Request } from "./request.ts";
import { isSaid, speak } from "./speak.ts";

/**
 * What becomes of a request as the run stands now. `record`: these facts make it so · `abort`: what is under way for the task
 * must come to its end first · `wait`: something that is not to be ended must · `stop`: the whole run is to be stopped
 * · `drop`: there is nothing to be done, and `why` says so in words that go on from "Cannot VERB TASK: "
 */
export type Steered =
  | { do: "record"; events: Event[] }
  | { do: "abort" | "wait" | "stop" }
  | { do: "drop"; why: string };

/** What the governor is doing for a task at this moment, beside what the log says. */
export type Busy = "dispatch" | "judge" | "judge_batch" | "land" | "retry" | null;

/**
 * Decides about a request. A function of the run and of what is under way, so that whoever asks can be told the same before.
 *
 * @param events of the run, for words to a reviewer: which blockers there are
 */
export function decide(run: Run, request: Request, busy: Busy, events: Events = NONE): Steered {
  if (run.state === "ended" && !isWord(request)) return drop(`the run is over (${run.status})`);
  if (request.task === null) return run.state === "running" ? { do: "stop" } : drop("the run is not under way");
  const known = run.index.has(request.task);
  if (!known) return drop("the run has no such task");
  const task = taskOf(run, request.task);
  const asking = { run, task, request, busy };
  switch (request.verb) {
    case "cancel":
      return cancel(asking);
    case "skip":
      return skip(asking);
    case "retry":
      return again(asking);
    case "approve":
    case "reject":
      return answer(asking);
    case "answer":
    case "dismiss":
      return speaks(run, request, events);
  }
}

const NONE: Events = { read: () => [] };

function speaks(run: Run, request: Request, events: Events): Steered {
  const spoken = speak(run, request, events);
  if ("why" in spoken) return drop(spoken.why);
  const { said } = spoken;
  return isSaid(events, said.task, said) ? drop("that has been said") : { do: "record", events: [said] };
}

type Asking = { run: Run; task: Task; request: Request; busy: Busy };

const drop = (why: string): Steered => ({ do: "drop", why });

/** Whether it has failed, and nobody tries it again by himself. */
const isGivenUp = ({ started }: Run, task: Task): boolean =>
  task.state === "failed" && retry(task, started.retry).do === "give_up";

function cancel({ run, task, request, busy }: Asking): Steered {
  if (task.state === "landed" || task.state === "skipped") return drop(`it is ${task.state}`);
  if (isGivenUp(run, task)) return drop("it has failed, and is not tried again");
  if (busy === "land" || task.state === "landing") return { do: "wait" };
  if (busy !== null || task.state === "active") return { do: "abort" };
  if (task.state === "waiting" || task.state === "failed") return leaveOut(task, request);
  if (task.state === "ready" && task.work?.integrated?.tip !== undefined) return { do: "wait" }; // others would fall with it
  const { id, attempt, work } = task;
  const detail = String(new Cancelled(request));
  const kept = work?.kept ?? null;
  return { do: "record", events: [{ kind: "attempt_failed", task: id, attempt, cause: "cancelled", detail, kept }] };
}

function leaveOut({ id, attempt }: Task, { by, reason }: Request): Steered {
  return { do: "record", events: [{ kind: "task_cancelled", task: id, attempt, by, reason }] };
}

/** Only what is not at work: who has begun is to be cancelled, by name. */
function skip({ run, task, request, busy }: Asking): Steered {
  if (isGivenUp(run, task)) return drop("it has failed, and is not tried again");
  if (task.state !== "waiting" && task.state !== "failed") return drop(`it is ${task.state}`);
  if (busy === "retry") return { do: "abort" };
  return busy === null ? leaveOut(task, request) : { do: "wait" };
}

/** A task that was given up or left out is taken up, and with it all that were skipped because of it. */
function again({ run, task }: Asking): Steered {
  if (task.state !== "skipped" && !isGivenUp(run, task))
    return drop(task.state === "failed" ? "it is tried again by itself" : `it is ${task.state}`);
  const dead = task.after.find((id) => {
    const before = taskOf(run, id);
    return before.state === "skipped" || isGivenUp(run, before);
  });
  if (dead !== undefined) return drop(`it waits for "${dead}", which did not land: retry that first`);
  const taken = new Set([task.id]);
  for (const one of run.tasks) if (one.state === "skipped" && one.after.some((id) => taken.has(id))) taken.add(one.id);
  const all = run.tasks.filter(({ id }) => taken.has(id));
  return {
    do: "record",
    events: all.map(({ id, attempt, failed }) => {
      const carry = failed !== null && carries(failed.cause);
      return { kind: "task_retried", task: id, attempt, by: "user", tier: 0, carry };
    }),
  };
}

function answer({ run, task, request, busy }: Asking): Steered {
  if (!awaitsApproval(run, task)) {
    const asked = run.started.tasks.find(({ id }) => id === task.id)?.approval === true;
    if (!asked) return drop("its plan and its project ask for nobody's approval");
    return drop(task.state === "ready" ? "it has been approved" : `it is ${task.state}, and not to be approved yet`);
  }
  if (busy !== null) return { do: "wait" };
  const { id, attempt, work } = task;
  const { by, reason } = request;
  const tree = work?.candidate?.tree ?? "";
  const told: Event = { kind: "approval_answered", task: id, attempt, tree, verdict: verdictOf(request), by, reason };
  if (request.verb === "approve") return { do: "record", events: [told] };
  const message = reason === "" ? `${by} did not approve` : reason;
  const findings = [{ code: "approval_refused", message }];
  const rejected: Event = { kind: "candidate_rejected", task: id, attempt, cause: "review", gate: APPROVAL, findings };
  return { do: "record", events: [told, rejected] };
}

const verdictOf = ({ verb }: Request) => (verb === "approve" ? "approve" : "reject");
