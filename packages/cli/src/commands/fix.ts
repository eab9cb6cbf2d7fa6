import { type FixView, runFix } from "@dgov/governor/fix";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { renderRun } from "../run_text.ts";
import { worldOf } from "../world.ts";
import { show } from "./run.ts";

export const fix = defineCommand({
  name: "fix",
  summary: "Have one thing done to the files you name, as a plan of one task",
  details:
    "The task may change these files and no others; it is judged and lands as any other. A plan that has landed is archived, and one that has not stays, to be gone on with. Nothing is left of what is refused before it runs.",
  examples: ["dgov fix 'Say that the server is closed' -f src/server.py --commit-message 'server: closing'"],
  args: z.strictObject({ prompt: z.string().describe("What is to be done") }),
  flags: z.strictObject({
    file: z.array(z.string()).min(1).describe("A file that may be changed or made; repeat it for more"),
    commit_message: z.string().trim().min(1).default("Apply requested fix").describe("Of the commit that lands"),
    name: z.string().optional().describe("The plan's name [default: made of the prompt]"),
  }),
  short: { file: "f" },
  async run({ prompt, file, commit_message, name = null }, here): Promise<FixView> {
    const live = show(here, "milestone");
    try {
      const asked = { cwd: here.cwd, prompt, files: file, name, commit_message };
      return await runFix(asked, { ...worldOf(here), notify: live.event });
    } finally {
      live.end();
    }
  },
  text: ({ plan, archived, run }) =>
    [renderRun(run), archived ? `Archived as ${plain(plan)}` : `Its plan is kept: ${plain(plan)}`].join("\n"),
  exit: ({ run }) => run.exit,
});
