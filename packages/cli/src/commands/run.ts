import { type ArchivingRun, runAndArchive } from "@dgov/governor/archive_plan";
import { type CostEstimate, estimatePlan } from "@dgov/governor/cost";
import { withNotices } from "@dgov/governor/notices";
import type { RunRequest } from "@dgov/governor/run";
import { z } from "zod";
import { askHooks } from "../ask_hooks.ts";
import { CEILING_FLAGS, ceilingOf } from "../ceiling_flags.ts";
import { defineCommand, type Here } from "../command.ts";
import { renderEstimate } from "../cost_text.ts";
import { type LiveView, lineOf, liveColour, liveView } from "../live.ts";
import { placeLine } from "../print.ts";
import { renderRun, sayArchived } from "../run_text.ts";
import { tellingOf, worldOf } from "../world.ts";

/** `estimate`: only where it was asked for; null when there is nothing to do. */
type View = ArchivingRun & { estimate?: CostEstimate | null };

export const run = defineCommand({
  name: "run",
  summary: "Compile a plan and run it until everything has landed or failed",
  details:
    "Goes on with a run that was interrupted. Without flags, tasks that failed stay failed until the plan changes: --continue tries them again, --restart does everything once more. A task that the branch has from somebody else's run is refused; --continue counts it as landed. Exits with 1 when not all has landed, or when all that has, taken together, does not pass the project's gates.",
  examples: ["dgov run add-limits", "dgov run add-limits --jobs 2 --yes"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory") }),
  flags: z.strictObject({
    only: z.array(z.string()).default([]).describe("Run this task and what it depends on"),
    continue: z.boolean().default(false).describe("Also try again what failed or was skipped"),
    restart: z.boolean().default(false).describe("Forget what has landed and do the whole plan again"),
    yes: z.boolean().default(false).describe("Answer yes to questions, as the first commit of a new repository"),
    stream: z.boolean().default(false).describe("Show what the workers say and do"),
    verbose: z.boolean().default(false).describe("Show every event"),
    jobs: z.int().min(1).optional().describe("How many tasks are worked on at once (default: the cores, at least 2)"),
    profile: z.string().optional().describe("Let those work whom [profiles.NAME] names"),
    ...CEILING_FLAGS,
    dry_run: z.boolean().default(false).describe("Compile and say what would be done, and do nothing"),
    estimate: z.boolean().default(false).describe("As --dry-run, with what it is likely to cost"),
  }),
  short: { yes: "y", verbose: "v", jobs: "j" },
  async run({ plan, only, jobs, yes, estimate, profile = null, ...flags }, here): Promise<View> {
    const dry_run = flags.dry_run || estimate;
    if (!dry_run) await askHooks(here);
    const mode = flags.restart ? "restart" : flags.continue ? "continue" : "go";
    const live = show(here, flags.verbose ? "detail" : flags.stream ? "stream" : "milestone");
    // Before the run and not after it: what is likely a mistake is worth a Ctrl-C.
    const told: NonNullable<RunRequest["told"]> = (warnings) => {
      for (const warning of warnings) here.stderr(placeLine(warning));
    };
    try {
      const request = { cwd: here.cwd, plan, only, mode, jobs: jobs ?? null, yes, dry_run, profile } as const;
      const world = { ...worldOf(here), notify: live.event };
      const view = await withNotices(tellingOf(here), world, (heard) =>
        runAndArchive({ ...request, ceiling: ceilingOf(flags), told }, heard),
      );
      if (!estimate) return view;
      const isToDo = view.did === "planned" && view.unfinished.length > 0;
      return { ...view, estimate: isToDo ? await estimatePlan(here, plan, { only: view.unfinished, profile }) : null };
    } finally {
      live.end();
    }
  },
  text: ({ estimate, archived, ...view }) =>
    [renderRun(view), ...sayArchived(archived), ...(estimate ? [renderEstimate(estimate)] : [])].join("\n"),
  exit: ({ exit }) => exit,
});

/** The live table on a terminal, plain lines in a pipe, nothing where a program reads. All of it on stderr. */
export function show(here: Here, weight: "milestone" | "stream" | "detail"): LiveView {
  if (here.json) return { event: () => {}, end: () => {} };
  const { isTty, columns, write } = here.terminal;
  if (isTty) return liveView({ write, columns, now_ms: here.now_ms, weight, colour: liveColour(here.env) });
  return {
    event(stored) {
      const line = lineOf(stored, { weight });
      if (line !== null) here.stderr(line);
    },
    end: () => {},
  };
}
