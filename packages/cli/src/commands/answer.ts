import { defineCommand } from "../command.ts";
import { FINDING, SPEAKING_FLAGS, say, saySpoken } from "../speaking.ts";

export const answer = defineCommand({
  name: "answer",
  summary: "Tell a reviewer why its blocker is none; it decides",
  details:
    'Its seat is asked anew when the work is judged next, with what you say, and can withdraw the blocker by a line that shows that it was none. Until then it is open. What you have decided yourself you "dgov dismiss".',
  examples: ['dgov answer pricing oak-1 --reason "prices are in cents: see docs/paying.md, line 3"'],
  args: FINDING,
  flags: SPEAKING_FLAGS,
  run: (asked, here) => say("answer", asked, here),
  text: saySpoken,
});
