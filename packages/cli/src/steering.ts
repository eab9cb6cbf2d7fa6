import { type Steered, steer, type Verb } from "@dgov/governor/steer";
import { z } from "zod";
import { plain } from "./ansi.ts";
import type { Here } from "./command.ts";

/** What the commands that steer a run have in common: its task, and how long they wait for it. */
export const TASK = z.strictObject({
  task: z.string().describe("Its id, section/file.slug, or the slug where only one task has it"),
});
export const STEERING_FLAGS = z.strictObject({
  reason: z.string().default("").describe("Why, for the log and for the next attempt"),
  wait: z.number().min(0).default(30).describe("Seconds to wait until it is done; what was asked stays asked"),
});

type Flags = z.infer<typeof STEERING_FLAGS>;

/** Asks the last run here. */
export const ask = (verb: Verb, task: string | null, { reason, wait }: Flags, here: Here): Promise<Steered> => {
  const { cwd, env, now_ms, random, sleep_ms, signal } = here;
  return steer({ verb, task, reason, wait_ms: wait * 1000 }, { cwd, env, now_ms, random, sleep_ms, signal });
};

const DONE: Readonly<Record<Verb, string>> = {
  cancel: "Cancelled",
  skip: "Skipped",
  retry: "To be tried again:",
  approve: "Approved",
  reject: "Rejected",
};

/** What has come of it, in one line. */
export function saySteered({ verb, task, taken, state, process, plan_dir }: Steered): string {
  const what = task === null ? "the run; its work is kept" : plain(task);
  if (taken) return `${DONE[verb]} ${what}${state === null ? "" : ` (it is ${state})`}`;
  const then =
    process === "gone"
      ? `no run is under way, and "dgov run ${plain(plan_dir)}" takes it up`
      : "the run takes it up as soon as it can";
  return `Asked to ${verb} ${what}: ${then}`;
}
