import { join } from "node:path";
import { counted } from "@dgov/governor/counted";
import { DgovError } from "@dgov/governor/error";
import { type ForkView, forkRun } from "@dgov/governor/fork";
import { findRoot } from "@dgov/governor/root";
import { type RunView, runPlan } from "@dgov/governor/run";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand, type Here } from "../command.ts";
import { columns } from "../print.ts";
import { renderRun } from "../run_text.ts";
import { worldOf } from "../world.ts";
import { show } from "./run.ts";

/** `went_on`: how the run ended; null when it was not to go on at once. */
type Forked = ForkView & { went_on: RunView | null };

export const fork = defineCommand({
  name: "fork",
  summary: "Begin a run with the first events of another one, and go on from there",
  details:
    "What that run had done by then is true of the new one, as far as git has it: the branch must be where it was. Where it has gone on, --branch makes a new one there. What was at work at that event is begun again, and what was judged is judged again.",
  examples: ["dgov fork RUN --at 12 --branch second-try"],
  args: z.strictObject({ from: z.string().describe("The run's id, or a beginning of it that no other has") }),
  flags: z.strictObject({
    at: z.int().min(1).describe("The number of the last event to take over, as watch --ndjson shows it"),
    branch: z.string().optional().describe("Make this branch where the target was by then, and go on there"),
    run: z.boolean().default(false).describe("Go on at once"),
  }),
  async run({ from, at, branch = null, run }, here): Promise<Forked> {
    if (run && branch !== null)
      throw new DgovError("usage", "Cannot go on at once on a new branch: it is not checked out", {
        hint: `Leave --run out, then: git switch ${branch}, and dgov run PLAN`,
      });
    const world = { ...worldOf(here), notify: () => {} };
    const view = await forkRun({ cwd: here.cwd, run: from, at, branch, goes_on: run }, world);
    return { ...view, went_on: run ? await goOn(view, here) : null };
  },
  text: renderFork,
  exit: ({ went_on }) => went_on?.exit ?? 0,
});

async function goOn({ only, plan_dir }: ForkView, here: Here): Promise<RunView> {
  const live = show(here, "milestone");
  try {
    const plan = join(findRoot(here.cwd), plan_dir);
    const request = { cwd: here.cwd, plan, only, mode: "go", jobs: null, yes: false, dry_run: false } as const;
    return await runPlan(request, { ...worldOf(here), notify: live.event });
  } finally {
    live.end();
  }
}

export function renderFork(view: Forked): string {
  if (view.went_on) return renderRun(view.went_on);
  const { run, from, at, events, plan_dir, only, target, head, tasks } = view;
  const branch = target.replace(/^refs\/heads\//, "");
  const more = only.map((task) => ` --only ${task}`).join("");
  return [
    `Run ${run} has taken over ${counted(events, "event")} of run ${from}, up to event ${at}`,
    `onto ${plain(branch)}, which is at ${head.slice(0, 12)}`,
    columns(
      tasks.map(({ task, state }) => [state, task]),
      "  ",
    ),
    `Go on with it on "${plain(branch)}": dgov run ${plain(plan_dir)}${more}`,
  ].join("\n");
}
