import type { Event } from "@dgov/kernel";
import type { RunSummary } from "./run_summary.ts";

/** Something a person is told who is not looking. `text` is one line. */
export type Notice = { kind: "done" | "failed" | "needs_you"; run: string; plan: string; title: string; text: string };

/** `did`: what the call amounted to; `hint`: what the person has to do before it goes on. */
type Ended = Pick<RunSummary, "run" | "plan" | "succeeded" | "tasks"> & {
  did: "ran" | "resumed" | "nothing" | "planned";
  status: RunSummary["status"] | "planned";
  hint: string | null;
};

/** How a call of `dgov run` ended, where somebody should hear of it: not of one that they stopped, or in which nothing was done. */
export function noticeOfEnd({ did, run, plan, status, succeeded, tasks, hint }: Ended): Notice | null {
  if (did === "nothing" || did === "planned") return null;
  const about = { run, plan };
  const landed = `${succeeded.length} of ${tasks.length} tasks have landed`;
  if (status === "complete") return { ...about, kind: "done", title: `dgov: ${plan} is complete`, text: landed };
  if (status === "interrupted")
    return hint === null ? null : { ...about, kind: "needs_you", title: `dgov: ${plan} waits for you`, text: hint };
  const why = tasks.flatMap(({ task, reason }) => (reason === null ? [] : [`${task}: ${reason}`])).slice(0, 3);
  const text = [landed, ...why].join("; ").slice(0, 500);
  return { ...about, kind: "failed", title: `dgov: ${plan} is ${status}`, text };
}

/** What cannot wait for the end. */
export function noticeOfEvent(about: { run: string; plan: string }, event: Event): Notice | null {
  if (event.kind !== "checkout_behind") return null;
  const title = `dgov: work of ${about.plan} waits for you`;
  return { ...about, kind: "needs_you", title, text: `${event.task} has landed beside your checkout: ${event.cure}` };
}
