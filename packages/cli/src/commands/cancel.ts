import { z } from "zod";
import { defineCommand } from "../command.ts";
import { ask, STEERING_FLAGS, saySteered } from "../steering.ts";

export const cancel = defineCommand({
  name: "cancel",
  summary: "Stop a task of the run under way, or the whole run, and keep its work",
  details:
    'A task that is at work is ended, and its work is kept; one that has not begun is left out. Those that wait for it are skipped, all others go on. Without a task the run stops as by Ctrl-C, and "dgov run PLAN" goes on with it.',
  examples: ['dgov cancel notes --reason "it is not needed"'],
  args: z.strictObject({
    task: z.string().optional().describe("Its id, section/file.slug, or the slug; absent: the whole run"),
  }),
  flags: STEERING_FLAGS,
  run: ({ task = null, ...flags }, here) => ask("cancel", task, flags, here),
  text: saySteered,
});
