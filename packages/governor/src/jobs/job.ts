import { z } from "zod";

const Holder = z.strictObject({ pid: z.int(), born: z.string(), host: z.string(), at_ms: z.number() });

/**
 * What is asked for, in full. Two submissions with one key must say the same. `inputs`: a digest of the plan and of all
 * configuration that it is run by.
 */
export const JobBody = z.strictObject({
  repository: z.string(), // absolute path of git's folder that all worktrees share
  root: z.string(), // the checkout that it was submitted from
  plan: z.string(), // its folder, relative to the root
  only: z.array(z.string()),
  jobs: z.int().min(1).nullable(),
  mode: z.enum(["go", "continue"]).default("go"), // older submissions do not say it
  inputs: z.string(),
});
export type JobBody = z.infer<typeof JobBody>;

/** What becomes of a job, one fact after the other. */
export const JobEvent = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("started"), runner: Holder, mode: z.enum(["go", "continue"]) }),
  z.strictObject({ kind: z.literal("cancel_asked") }),
  z.strictObject({ kind: z.literal("interrupted"), by: z.string() }), // it goes on when there is room
  z.strictObject({ kind: z.literal("lost") }), // its process is gone, and has not said how it ended
  z.strictObject({ kind: z.literal("delivered"), commit: z.string(), ref: z.string() }),
  z.strictObject({
    kind: z.literal("ended"),
    status: z.enum(["succeeded", "failed", "cancelled", "lost"]),
    run: z.string().nullable(),
    code: z.string().nullable(), // of the error that refused it; null: none did
    message: z.string(),
  }),
  z.strictObject({ kind: z.literal("retried") }),
  z.strictObject({ kind: z.literal("pruned") }), // its own repository is gone, and it cannot be retried
]);
export type JobEvent = z.infer<typeof JobEvent>;
export type StoredEvent = { at_ms: number; event: JobEvent };

export type JobState = "queued" | "running" | "cancelling" | "succeeded" | "failed" | "cancelled" | "lost";

/** A submission as it was made. `base`: the commit that it begins from; `target`: the branch that was checked out. */
export type Submission = {
  id: string;
  key: string | null;
  body: JobBody;
  base: string;
  target: string;
  at_ms: number;
};

/** A job as its facts tell it. `resumes`: how often it went on by itself after its process was lost, since it was asked for. */
export type Job = Submission & {
  state: JobState;
  runner: z.infer<typeof Holder> | null;
  again: boolean; // what failed is to be tried again
  resumes: number;
  run: string | null;
  code: string | null;
  message: string;
  delivered: { commit: string; ref: string } | null; // what has landed so far, and where it stands in the user's repository
  pruned: boolean;
  changed_at_ms: number;
};

/** How often a job goes on by itself after its process was lost. */
export const RESUMES_MAX = 2;

/** Folds what became of a submission. */
export function jobOf(submission: Submission, events: readonly StoredEvent[]): Job {
  const queued: Job = {
    ...submission,
    ...{ state: "queued", runner: null, again: false, resumes: 0, run: null, code: null, message: "" },
    ...{ delivered: null, pruned: false, changed_at_ms: submission.at_ms },
  };
  return events.reduce((job, { at_ms, event }) => ({ ...after(job, event), changed_at_ms: at_ms }), queued);
}

function after(job: Job, event: JobEvent): Job {
  switch (event.kind) {
    case "started":
      return { ...job, state: "running", runner: event.runner };
    case "cancel_asked":
      return { ...job, state: "cancelling" };
    case "interrupted":
      return { ...job, state: "queued", runner: null, message: `stopped by ${event.by}, and goes on` };
    case "lost":
      return { ...job, state: "queued", runner: null, resumes: job.resumes + 1, message: "its process was lost" };
    case "delivered":
      return { ...job, delivered: { commit: event.commit, ref: event.ref } };
    case "ended":
      return { ...job, state: event.status, runner: null, run: event.run, code: event.code, message: event.message };
    case "retried":
      return { ...job, state: "queued", again: true, resumes: 0, message: "", code: null };
    case "pruned":
      return { ...job, pruned: true };
  }
}

/** How its run begins: what has landed before is kept where that was asked for, by its submission or by a retry. */
export const modeOf = ({ again, body }: Pick<Job, "again" | "body">): JobBody["mode"] =>
  again ? "continue" : body.mode;

/** Whether nothing more becomes of it by itself. */
export const isOver = ({ state }: Pick<Job, "state">): boolean => !["queued", "running", "cancelling"].includes(state);
