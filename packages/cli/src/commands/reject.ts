import { defineCommand } from "../command.ts";
import { ask, STEERING_FLAGS, saySteered, TASK } from "../steering.ts";

export const reject = defineCommand({
  name: "reject",
  summary: "Refuse the work of a task that waits for your approval",
  details: "The reason is a finding for the next attempt, if there is to be one.",
  examples: ['dgov reject notes --reason "name the version"'],
  args: TASK,
  flags: STEERING_FLAGS,
  run: ({ task, ...flags }, here) => ask("reject", task, flags, here),
  text: saySteered,
});
