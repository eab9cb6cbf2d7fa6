import type { Event, Finding, Run } from "@dgov/kernel";
import { awaitsApproval } from "@dgov/kernel/approval";
import type { RunView } from "../run_view.ts";

/** Why an attempt has not landed. `gate` null: it never came to one; `said`: in one sentence, "" where the findings say it. */
export type Refusal = { attempt: number; cause: string; gate: string | null; said: string; findings: Finding[] };

/**
 * How a task stands that somebody works on by hand.
 *
 * `state`    `waiting`: nothing was begun · `preparing`: its worktree is made · `working`: the tools are there · `judging` ·
 *            `approval`: a person must approve of it · `stopped`: the run was interrupted and can be gone on with · `landed`, `failed`
 * `refused`  what became of the last attempt that did not land; null: there is none
 * `commit`   where it has landed; `cure`: the command that brings this checkout along, where that could not be done
 * `whole`    whether all that has landed passes the project's gates together; null: it was not asked
 */
export type Standing = {
  task: string;
  run: string | null;
  state: "waiting" | "preparing" | "working" | "judging" | "approval" | "stopped" | "landed" | "failed";
  attempt: number;
  refused: Refusal | null;
  commit: string | null;
  cure: string | null;
  whole: "pass" | "reject" | "broken" | null;
};

export const notBegun = (task: string): Standing => ({
  ...{ task, run: null, state: "waiting", attempt: 0 },
  ...{ refused: null, commit: null, cure: null, whole: null },
});

/**
 * The standing after an event of the task's run. That the tools are there is no event: who lends them says so.
 *
 * @param approval whether a person must approve of the work
 */
export function standingAfter(before: Standing, event: Event, approval: boolean): Standing {
  if (event.kind === "run_started") {
    const own = event.tasks.find(({ id }) => id === before.task);
    return own?.carried ? { ...before, state: "landed", commit: own.carried } : before;
  }
  if (event.kind === "head_judged") return { ...before, whole: event.verdict };
  if (event.kind === "run_interrupted") return { ...before, state: "stopped" };
  if (!("task" in event) || event.task !== before.task) return before;
  switch (event.kind) {
    case "task_dispatched":
      return { ...before, state: "preparing", attempt: event.attempt };
    case "candidate_frozen":
    case "candidate_stale":
    case "approval_answered":
      return { ...before, state: "judging", attempt: event.attempt };
    case "candidate_passed":
      return approval ? { ...before, state: "approval" } : before;
    case "candidate_rejected": {
      const { attempt, cause, gate, findings } = event;
      return { ...before, state: "judging", refused: { attempt, cause, gate, said: "", findings } };
    }
    case "attempt_failed": {
      const { attempt, cause, detail } = event;
      return { ...before, state: "judging", refused: { attempt, cause, gate: null, said: detail, findings: [] } };
    }
    case "report_filed":
      return { ...before, state: "landed", commit: null };
    case "task_landed":
      return { ...before, state: "landed", commit: event.commit };
    case "checkout_behind":
      return { ...before, cure: event.cure };
    default:
      return before;
  }
}

/** How a task stands in a run that is gone on with. */
export function standingOf(run: Run, before: Standing): Standing {
  const own = run.tasks.find(({ id }) => id === before.task);
  if (own === undefined) return before;
  const { attempt, state } = own;
  if (awaitsApproval(run, own)) return { ...before, attempt, state: "approval" };
  return { ...before, attempt, state: JUDGED.includes(state) ? "judging" : "preparing" };
}

const JUDGED: readonly Run["tasks"][number]["state"][] = ["judging", "ready", "landing"];

/** The standing when its run is over, as the run itself says it. */
export function standingIn(view: RunView, before: Standing): Standing {
  const own = view.tasks.find(({ task }) => task === before.task);
  const run = view.run === "" ? before.run : view.run;
  if (own?.state === "landed") return { ...before, run, state: "landed", commit: own.commit ?? before.commit };
  if (view.status === "interrupted") return { ...before, run, state: "stopped" };
  return { ...before, run, state: before.state === "landed" ? "landed" : "failed" };
}
