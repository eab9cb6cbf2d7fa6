import { type Remediation, remediate } from "@dgov/governor/remediate";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const planRemediate = defineCommand({
  name: "plan remediate",
  summary: "Make a plan for what the last run of another one did not bring about",
  details:
    "Writes _root.toml, an example of a task, and _context.md with everything that is known of what failed.\n" +
    "Refuses, with exit status 1, when all of the plan has landed or its last run is not over.",
  examples: ["dgov plan remediate rework"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory or name") }),
  flags: z.strictObject({ name: z.string().optional().describe("The new plan's name [default: PLAN-remediation]") }),
  run: async ({ plan, name = null }, { cwd, env }) => remediate({ cwd, env }, plan, name),
  text: renderRemediation,
});

export function renderRemediation({ created, root, plan, run, failed }: Remediation): string {
  return [
    ...created.map((file) => `Created ${plain(file)}`),
    "",
    `What run ${run} of "${plain(plan)}" left: ${failed.map(plain).join(", ") || "tasks that never began"}`,
    "Next:",
    `  1. Read ${plain(root)}/_context.md`,
    `  2. Copy ${plain(root)}/fix/_example.toml to ${plain(root)}/fix/main.toml and write the tasks`,
    `  3. dgov compile ${plain(root)}`,
  ].join("\n");
}
