import { DgovError } from "@dgov/governor/error";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import type { Listed } from "../mcp/by_hand.ts";
import { MCP_TOOLS } from "../mcp/tools.ts";
import { columns } from "../print.ts";

export const mcp = defineCommand({
  name: "mcp",
  summary: "Serve plans and runs, or one task's tools, to another agent by the Model Context Protocol",
  details:
    "Speaks over standard input and output, for the repository that it is started in, until its input ends. Runs that it has started are governors of their own and go on. With --task it serves the tools of a worker for that task of the plan: whoever calls them does the task, in a worktree and a jail of its own; what they leave is judged, and lands if it passes.",
  examples: ["dgov mcp --list", "dgov mcp add-limits --task limiter --list"],
  args: z.strictObject({ plan: z.string().optional().describe("With --task: the plan's directory") }),
  flags: z.strictObject({
    list: z.boolean().default(false).describe("Say which tools there are, and serve none"),
    task: z.string().optional().describe("Serve the tools of this task, by its id or the end of it"),
    timeout_s: z
      .int()
      .min(1)
      .max(86_400)
      .optional()
      .describe("With --task: seconds for one attempt, instead of the task's own"),
    unmetered: z
      .boolean()
      .default(false)
      .describe(
        "With --task: work beside ceilings of money, tokens, calls and turns, though dgov sees none of the model",
      ),
  }),
  async run({ list, plan, task, timeout_s, unmetered }, here): Promise<Listed | undefined> {
    if ((plan === undefined) !== (task === undefined))
      throw new DgovError("usage", "Cannot serve a task: give the plan and --task, or neither of them");
    if (plan !== undefined && task !== undefined) {
      const { forTask } = await import("../mcp/by_hand.ts");
      return forTask(here, {
        list,
        plan,
        task,
        timeout_ms: timeout_s === undefined ? null : timeout_s * 1000,
        unmetered,
      });
    }
    if (list) return { tools: MCP_TOOLS.map(({ name, description, reads }) => ({ name, description, reads })) };
    const { serveMcp } = await import("../mcp/serve.ts");
    if (here.terminal.inIsTty)
      here.stderr("An agent that has started this speaks here; it waits for one. Ctrl-D ends it");
    await serveMcp(here);
    return undefined; // all was said to the other side
  },
  text: (view) => columns((view?.tools ?? []).map(({ name, description }) => [name, description.split("\n")[0] ?? ""])),
});
