import { z } from "zod";
import { SCRIPT_LIMITS } from "../script/limits.ts";
import { defineTool } from "../tool.ts";
import description from "./run_script.txt" with { type: "text" };

const { tools, time_max_s } = SCRIPT_LIMITS;

/**
 * What the script calls is judged call by call, when it calls it. It runs in a process of its own, which the server of the
 * isolation starts for it: among the other tools, on files alone, there is none.
 */
export const runScript = defineTool({
  name: "run_script",
  description: `${description.trim()}\nIt may make ${tools.calls} calls, print ${tools.output_chars} characters and use ${tools.memory_bytes / 1024 ** 2} MiB; what struck is said.`,
  input: z.strictObject({
    code: z.string().describe("JavaScript: the body of an async function, which may return a value"),
    timeout_s: z
      .int()
      .min(1)
      .max(time_max_s)
      .default(tools.time_ms / 1000)
      .describe("Seconds after which it is ended, with all that it waits for"),
  }),
  access: () => [],

  run: async () => ({ ok: false, text: "Error: Cannot run a script: there is no isolation here to run it in" }),
});
