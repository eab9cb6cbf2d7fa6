import { defineCommand } from "../command.ts";
import { FINDING, SPEAKING_FLAGS, say, saySpoken } from "../speaking.ts";

export const dismiss = defineCommand({
  name: "dismiss",
  summary: "Decide that a reviewer's blocker is none",
  details:
    "Nobody has to mend it any more, and its seat is asked anew when the work is judged next, and told that it is no ground to reject. The vote is still its own: nobody votes for a seat, and a blocker that it finds besides stands.",
  examples: ['dgov dismiss pricing oak-1 --reason "we want it so"'],
  args: FINDING,
  flags: SPEAKING_FLAGS,
  run: (asked, here) => say("dismiss", asked, here),
  text: saySpoken,
});
