import { z } from "zod";
import { struckAfter } from "../exec_answer.ts";
import { FilePath, Line } from "../input.ts";
import type { ExecResult } from "../isolate/isolation.ts";
import { loadsModule } from "../jq_program.ts";
import { shellPath, shellQuote } from "../shell_quote.ts";
import { existingFile } from "../text_file.ts";
import { type Answer, defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./jq.txt" with { type: "text" };

export const jq = defineTool({
  name: "jq",
  description,
  input: z.strictObject({
    expr: Line.min(1).max(20_000).describe('The filter, for example ".scripts | keys"'),
    path: FilePath.describe("JSON file, relative to the root of the worktree"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ expr, path }, host) {
    await existingFile(host, path);
    if (loadsModule(expr))
      return {
        ok: false,
        text: "Error: Cannot run the filter: import and include read other files; give one filter that stands by itself",
      };
    const result = await host.exec({
      command: host.git ? interpreted(expr, path) : bounded(expr, path),
      timeout_ms: TOOL_LIMITS.jq_ms,
      output_max_bytes: 16_000_000,
      clip_bytes: TOOL_LIMITS.shown_bytes,
    });
    return answer(result, path);
  },
});

const NO_JQ = 127;
const MEMORY_KIB = 1_000_000;

/** The shell opens the file, the filter is one word that cannot be an option, and no variable is left for it to see. */
function bounded(expr: string, path: string): string {
  const program = `"$(command -v jq)" -M ${shellQuote(` ${expr}`)}`;
  return [
    `command -v jq >/dev/null || exit ${NO_JQ}`,
    `ulimit -c 0; ulimit -v ${MEMORY_KIB} 2>/dev/null`, // a lower one may be set already
    `exec env -i ${program} <${shellPath(path)}`,
  ].join("\n");
}

/** Where nothing native is started: the interpreter's own. What watches the task's memory watches this too. */
const interpreted = (expr: string, path: string): string =>
  `env -i jq -M ${shellQuote(` ${expr}`)} <${shellPath(path)}`;

function answer(result: ExecResult, path: string): Answer {
  const fail = (why: string): Answer => ({ ok: false, text: `Error: Cannot run the filter on "${path}": ${why}` });
  const { ended, exit, head, tail, omitted_bytes } = result;
  const cut = omitted_bytes > 0 ? `\n[${omitted_bytes} bytes omitted; narrow the filter to see them]\n` : "";
  const said = `${head}${cut}${tail}`.trimEnd();
  const time = struckAfter(result, TOOL_LIMITS.jq_ms);
  if (time !== null) return fail(`it took longer than ${time}`);
  if (ended === "output_limit") return fail("it says more than 16 MB");
  if (exit === NO_JQ) return fail("this machine has no jq; read the file with read_file, or have jq installed");
  if (ended !== "exit" || exit === null || exit > 128)
    return fail(`it needs more than ${MEMORY_KIB / 1000} MB of memory, or was stopped`);
  if (exit !== 0) return fail(said || `jq ended with ${exit}`);
  return { ok: true, text: said === "" ? "(no output)" : said };
}
