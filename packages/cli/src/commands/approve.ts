import { defineCommand } from "../command.ts";
import { ask, STEERING_FLAGS, saySteered, TASK } from "../steering.ts";

export const approve = defineCommand({
  name: "approve",
  summary: "Let the work of a task land that waits for your approval",
  details:
    'Work waits where its task says approval = true, or the project does under [settlement]. See what it is with "dgov plan review PLAN --diff TASK".',
  examples: ["dgov approve notes"],
  args: TASK,
  flags: STEERING_FLAGS,
  run: ({ task, ...flags }, here) => ask("approve", task, flags, here),
  text: saySteered,
});
