import type { Progress } from "./progress.ts";
import { APPROVAL_PHASE, type Status } from "./status.ts";

/**
 * What a task asks of whoever looks: `needs_you` only a person can move it on · `stuck` it is at work, and nothing has been
 * heard of it for long · `failed` it is given up, or will be tried again · `working`, `waiting`, `done`, `left_out`: nothing
 */
export type Attention = "needs_you" | "stuck" | "failed" | "working" | "waiting" | "done" | "left_out";

/** A task as a live page or screen shows it. Times in milliseconds since the Unix epoch; `heard_ms`: its last event. */
export type LiveTask = {
  task: string;
  state: Status["task_list"][number]["state"];
  phase: string;
  attempt: number;
  doing: string;
  since_ms: number;
  heard_ms: number;
  attention: Attention;
};

/** Longer than a slow model thinks; a command's own limit is shorter. Chosen, not measured. */
export const STUCK_MS = 10 * 60_000;

/**
 * What each task asks for, in plan order.
 *
 * @param status of all tasks of the run
 * @param heard  when each task's last event was
 */
export function attentionOf(
  status: Pick<Status, "task_list" | "run">,
  { tasks }: Pick<Progress, "tasks">,
  { heard, now_ms }: { heard: ReadonlyMap<string, number>; now_ms: number },
): LiveTask[] {
  const isLive = status.run?.state === "running" && status.run.process !== "gone";
  return status.task_list.map(({ slug, state, phase, attempt }) => {
    const known = tasks.get(slug);
    const since_ms = known?.since_ms ?? now_ms;
    const heard_ms = heard.get(slug) ?? since_ms;
    const asks = asksFor({ state, phase }, { isLive, silent_ms: now_ms - heard_ms });
    return { task: slug, state, phase, attempt, doing: known?.doing ?? "", since_ms, heard_ms, attention: asks };
  });
}

function asksFor(
  { state, phase }: Pick<LiveTask, "state" | "phase">,
  { isLive, silent_ms }: { isLive: boolean; silent_ms: number },
): Attention {
  switch (state) {
    case "landed":
      return "done";
    case "skipped":
      return "left_out";
    case "failed":
      return "failed";
    case "waiting":
      return "waiting";
    case "ready":
      return phase === APPROVAL_PHASE ? "needs_you" : "working";
    case "active":
    case "judging":
    case "landing":
      if (!isLive) return "waiting"; // nobody is at it: the next run goes on
      return silent_ms >= STUCK_MS ? "stuck" : "working";
  }
}
