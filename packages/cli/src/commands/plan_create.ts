import { type ArchivingRun, runAndArchive } from "@dgov/governor/archive_plan";
import { createPlan, type PlanCreateRequest, type PlanCreateView } from "@dgov/governor/plan_create";
import type { World } from "@dgov/governor/session";
import { continuePlan, planStages, type StagesView } from "@dgov/governor/tests_first";
import { z } from "zod";
import { askQuestions } from "../ask_questions.ts";
import { defineCommand, type Here } from "../command.ts";
import { lineOf } from "../live.ts";
import { renderPlanCreate } from "../plan_create_text.ts";
import { renderRun, sayArchived } from "../run_text.ts";
import { exitOf, renderStages } from "../stages_text.ts";
import { worldOf } from "../world.ts";
import { show } from "./run.ts";

/** `stages`: of a plan by tests-first. `ran`: only where it was asked for and there is a plan. */
type View = PlanCreateView & { ran?: ArchivingRun; stages?: StagesView };

export const planCreate = defineCommand({
  name: "plan create",
  summary: "Have a plan made of a goal",
  details:
    "Somebody looks at the commit that is checked out, a planner plans, and another looks at the plan; none of them can change anything. A plan that compiles is written, or nothing is. What only you can say is asked: on a terminal at once, else with exit status 2 and the questions, for --answers. Who asks again for the same on the same commit pays for no answer twice.",
  examples: ["dgov plan create 'Greet who comes' --auto", "dgov plan create 'Greet who comes' --answers answers.json"],
  args: z.strictObject({ goal: z.string().describe("What is to be done") }),
  flags: z.strictObject({
    auto: z.boolean().default(false).describe("Ask nothing: take the answers that are recommended"),
    answers: z.string().optional().describe('A file with answers: {"ID": "answer"}'),
    run: z.boolean().default(false).describe("Run the plan when it is made"),
    name: z.string().optional().describe("The plan's name [default: the planner's]"),
    model: z.string().optional().describe("Who is asked, MODEL or PROVIDER/MODEL [default: as [tiers] says]"),
    apply_config: z.boolean().default(false).describe("Put into .dgov/project.toml what the planner says it has wrong"),
    tests_first: z.boolean().default(false).describe("With a spec, approvals and tests before the work"),
    critique: z.boolean().default(true).describe("Take the plan as it is, without a second look"),
  }),
  async run({ goal, auto, answers = null, run, name = null, model = null, ...flags }, here): Promise<View> {
    const asked = { cwd: here.cwd, goal, auto, answers, name, model, ask: whoAnswers(here), ...flags };
    const view = await createPlan(asked, { ...worldOf(here), notify: lines(here) });
    if (view.status !== "created") return view;
    const stages = flags.tests_first ? await stagesOf(view.plan, { auto: auto && run }, here) : null;
    const made = { ...view, ...(stages ? { stages } : {}) };
    if (!run || (stages && stages.next !== "run")) return made;
    const live = show(here, "milestone");
    const request = { cwd: here.cwd, plan: view.plan, only: [], mode: "go" as const, jobs: null, yes: true };
    try {
      const world = { ...worldOf(here), notify: live.event };
      return { ...made, ran: await runAndArchive({ ...request, dry_run: false }, world) };
    } finally {
      live.end();
    }
  },
  text: ({ ran, stages, ...view }) =>
    [
      renderPlanCreate(view, stages !== undefined),
      ...(stages && !ran ? [renderStages(stages)] : []),
      ...(ran ? [renderRun(ran), ...sayArchived(ran.archived)] : []),
    ].join("\n"),
  exit: ({ status, ran, stages }) => (status === "needs_answers" ? 2 : (ran?.exit ?? (stages ? exitOf(stages) : 0))),
});

/** How far it has come; `auto`: as far as it comes when nobody is asked to approve. */
async function stagesOf(plan: string, { auto }: { auto: boolean }, here: Here): Promise<StagesView> {
  if (!auto) return planStages(here, plan);
  const approver = { by: "automatic", name: "dgov plan create --auto" } as const;
  return continuePlan({ ...worldOf(here), cwd: here.cwd, notify() {} }, plan, { auto: approver, told: here.stderr });
}

/** Where a person can read a question and answer it; null: nobody is there. */
function whoAnswers(here: Here): PlanCreateRequest["ask"] {
  if (here.json || !here.terminal.isTty || !here.terminal.inIsTty) return null;
  return (questions) => askQuestions(questions, here.signal);
}

/** Plain lines also on a terminal: a table would be drawn over the questions. */
function lines(here: Here): World["notify"] {
  return (stored) => {
    const isTask = "task" in stored.event; // that a question is a run of its own is of no interest here
    const line = here.json || !isTask ? null : lineOf(stored, { weight: "milestone" });
    if (line !== null) here.stderr(line);
  };
}
