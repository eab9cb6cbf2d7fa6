import { defineCommand } from "../command.ts";
import { ask, STEERING_FLAGS, saySteered, TASK } from "../steering.ts";

export const skip = defineCommand({
  name: "skip",
  summary: "Leave out a task that is not at work, and those that wait for it",
  details: 'A task that has begun is stopped with "dgov cancel TASK". In a later run "--continue" does it after all.',
  examples: ["dgov skip publish"],
  args: TASK,
  flags: STEERING_FLAGS,
  run: ({ task, ...flags }, here) => ask("skip", task, flags, here),
  text: saySteered,
});
