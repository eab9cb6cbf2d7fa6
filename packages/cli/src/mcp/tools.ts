import { z } from "zod";
import type { Verbs } from "./verbs.ts";

/**
 * One thing that another agent can do with dgov. `reads`: it changes nothing. A tool is a command of ours or a verb of
 * the governor, and answers with the same view as its `--json`.
 */
export type McpTool<Input extends z.ZodObject = z.ZodObject> = {
  name: string;
  description: string;
  input: Input;
  reads: boolean;
  call(input: z.infer<Input>, verbs: Verbs): Promise<unknown>;
};

const defineTool = <Input extends z.ZodObject>(tool: McpTool<Input>): McpTool => tool as unknown as McpTool; // of any input

const line = z.string().min(1).max(500);
const plan = line.describe("The plan's directory, or its name under .dgov/plans");
const handle = line.describe("What run_start has given");
const task = line.describe("Its id, section/file.slug, or the slug where only one task has it");
const reason = z.string().max(2_000).default("").describe("Why, for the log and for the next attempt");
const run = line.optional().describe("A run; absent: the last one");
const maybe = (word: string | undefined): string[] => (word === undefined ? [] : [word]);

const ofPlan = (name: string, command: string, description: string, reads = true): McpTool =>
  defineTool({
    ...{ name, description, reads, input: z.strictObject({ plan }) },
    call: (input, { command: call }) => call(command, [], [input.plan]),
  });

const steering = (verb: "skip" | "retry" | "approve" | "reject", description: string): McpTool =>
  defineTool({
    ...{ name: `task_${verb}`, description, reads: false, input: z.strictObject({ task, reason }) },
    call: (input, { steer }) => steer(verb, input.task, input.reason),
  });

/** All of them, at most twenty: whoever drives dgov reads every description with each turn. */
export const MCP_TOOLS: readonly McpTool[] = [
  defineTool({
    name: "plan_list",
    description: "The plans of this repository, with how far each is.",
    reads: true,
    input: z.strictObject({}),
    call: (_, { command }) => command("plan list", [], []),
  }),
  ofPlan("plan_validate", "validate", "Whether a plan is well formed: findings with codes and places. Writes nothing."),
  ofPlan(
    "plan_compile",
    "compile",
    "Compile a plan: its tasks, layers, claims and findings. Writes the compiled plan.",
    false,
  ),
  ofPlan("plan_refute", "plan refute", "Derive again what a plan states of itself, and say everything that is false."),
  ofPlan("plan_status", "plan status", "Which tasks of a plan have landed, and what blocks the rest."),
  defineTool({
    name: "plan_review",
    description: "What came of a plan's last run, task by task; or, of one task, its patch or its events.",
    reads: true,
    input: z.strictObject({
      plan,
      task: line.optional().describe("Only this task"),
      show: z.enum(["summary", "diff", "events"]).default("summary").describe("diff and events need a task"),
    }),
    call: ({ plan: of, task: one, show }, { command }) => {
      const flag = show === "summary" ? "only" : show;
      return command("plan review", one === undefined ? [] : [`--${flag}=${one}`], [of]);
    },
  }),
  defineTool({
    name: "run_start",
    description:
      "Run a plan in the background: at once you are given a handle. It goes on when you leave, and only one run works in a repository.",
    reads: false,
    input: z.strictObject({
      plan,
      mode: z
        .enum(["go", "continue", "restart"])
        .default("go")
        .describe("continue: try again what failed; restart: forget what has landed"),
      only: z.array(line).max(100).default([]).describe("Only these tasks and what they depend on"),
      jobs: z.int().min(1).max(64).nullable().default(null).describe("Tasks at once; null: as the machine allows"),
    }),
    call: async (order, { background }) => background.start(order),
  }),
  defineTool({
    name: "run_wait",
    description: "Wait until a run that you have started has ended, or so long; exit 0 means that all of it landed.",
    reads: true,
    input: z.strictObject({ handle, timeout_s: z.number().min(0).max(300).default(30) }),
    call: (input, { background }) => background.wait(input.handle, input.timeout_s * 1000),
  }),
  defineTool({
    name: "run_events",
    description: "What has happened, event by event, after a cursor: give the one that you got last.",
    reads: true,
    input: z.strictObject({
      after: z.int().min(0).default(0).describe("The cursor; 0: from the beginning of the log"),
      most: z.int().min(1).max(500).default(100).describe("At most so many events"),
    }),
    call: ({ after, most }, { events }) => events(after, most),
  }),
  defineTool({
    name: "run_status",
    description: "How the last run here stands: its tasks, what each is at, and whether its process is alive.",
    reads: true,
    input: z.strictObject({}),
    call: (_, { command }) => command("status", ["--all"], []),
  }),
  defineTool({
    name: "run_cancel",
    description: "Stop a task, or without one the whole run. Its work is kept.",
    reads: false,
    input: z.strictObject({ task: task.optional(), reason }),
    call: (input, { steer }) => steer("cancel", input.task ?? null, input.reason),
  }),
  defineTool({
    name: "run_pause",
    description: "Keep all runs of this checkout from beginning anything new.",
    reads: false,
    input: z.strictObject({ reason }),
    call: (input, { command }) => command("pause", [], [input.reason]),
  }),
  defineTool({
    name: "run_unpause",
    description: "Let runs of this checkout go on.",
    reads: false,
    input: z.strictObject({}),
    call: (_, { command }) => command("unpause", [], []),
  }),
  steering("retry", "Let a task that failed be tried again."),
  steering("skip", "Leave a task out; those that wait for it are skipped."),
  steering("approve", "Approve a task that waits for it. You are recorded as who did."),
  steering("reject", "Reject the work of a task, which tries again with your reason."),
  defineTool({
    name: "cost",
    description: "What model calls have cost, by task, model or role.",
    reads: true,
    input: z.strictObject({ run, by: z.enum(["task", "model", "role"]).default("task") }),
    call: ({ run: of, by }, { command }) => command("cost", [`--by=${by}`], maybe(of)),
  }),
  defineTool({
    name: "diagnose",
    description: "Why a run or a task failed, and what to do about it.",
    reads: true,
    input: z.strictObject({ subject: line.optional().describe("A run or a task; absent: the last run") }),
    call: ({ subject }, { command }) => command("diagnose", [], maybe(subject)),
  }),
  defineTool({
    name: "report",
    description: "What a run did, for somebody who was not there: landings, refusals, costs, warnings.",
    reads: true,
    input: z.strictObject({ run }),
    call: ({ run: of }, { command }) => command("report", [], maybe(of)),
  }),
];
