import { z } from "zod";
import { SCRIPT_LIMITS } from "../script/limits.ts";
import { defineTool } from "../tool.ts";
import description from "./run_script.txt" with { type: "text" };

const { tools, time_max_s } = SCRIPT_LIMITS;

/** What the script calls is judged call by call, when it calls it. */
export const runScript = defineTool({
  name: "run_script",
  description,
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

  async run({ code, timeout_s }, host) {
    if (host.script === undefined) return { ok: false, text: "Error: Cannot run a script here" };
    return host.script({ code, time_ms: timeout_s * 1000 });
  },
});
