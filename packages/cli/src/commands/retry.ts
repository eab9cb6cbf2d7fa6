import { defineCommand } from "../command.ts";
import { ask, STEERING_FLAGS, saySteered, TASK } from "../steering.ts";

export const retry = defineCommand({
  name: "retry",
  summary: "Have a task that failed or was left out done after all, while the run lasts",
  details:
    'Those that were skipped because of it are taken up, too. When the run is over, "dgov run PLAN --continue" does the same for all of them.',
  examples: ["dgov retry publish"],
  args: TASK,
  flags: STEERING_FLAGS,
  run: ({ task, ...flags }, here) => ask("retry", task, flags, here),
  text: saySteered,
});
