import { z } from "zod";
import { execAnswer } from "../exec_answer.ts";
import { Line } from "../input.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./run_bash.txt" with { type: "text" };

export const runBash = defineTool({
  name: "run_bash",
  description: `${description.trim()} It is ended after ${TOOL_LIMITS.bash_ms / 1000} s.`,
  input: z.strictObject({ cmd: Line.describe("The command, for bash, run at the root of the worktree") }),
  access: ({ cmd }) => [{ kind: "exec", command: cmd }],

  async run({ cmd }, host) {
    if (cmd.trim() === "") return { ok: false, text: "Error: Cannot run the command: it is empty" };
    const result = await host.exec({
      command: cmd,
      shell: "bash",
      timeout_ms: TOOL_LIMITS.bash_ms,
      output_max_bytes: TOOL_LIMITS.log_max_bytes,
      clip_bytes: TOOL_LIMITS.shown_bytes,
    });
    return execAnswer(result, TOOL_LIMITS.bash_ms);
  },
});
