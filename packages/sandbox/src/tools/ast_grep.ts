import { z } from "zod";
import { struckAfter } from "../exec_answer.ts";
import { AnyPath, Line } from "../input.ts";
import type { ExecResult } from "../isolate/isolation.ts";
import { clipLine } from "../search.ts";
import { shellPath, shellQuote } from "../shell_quote.ts";
import { type Answer, defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./ast_grep.txt" with { type: "text" };

export const astGrep = defineTool({
  name: "ast_grep",
  description,
  input: z.strictObject({
    pattern: Line.min(1).max(20_000).describe('Code with holes, for example "print($A)"'),
    path: AnyPath.default(".").describe("File or directory to search, relative to the root of the worktree"),
    lang: z
      .string()
      .regex(/^[A-Za-z]{0,20}$/, "it is not the name of a language, such as python or ts")
      .default("")
      .describe("Language of the pattern; default: by the files' names"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ pattern, path, lang }, host) {
    if (host.git)
      return { ok: false, text: "Error: Cannot search by syntax: there is no native program here; use grep" };
    const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
    if (kind === null) return { ok: false, text: `Error: Cannot search "${path}": it does not exist` };
    if (kind !== "directory" && kind !== "file")
      return { ok: false, text: `Error: Cannot search "${path}": it is not an ordinary file or directory` };
    const words = ["run", `--pattern=${pattern}`, ...(lang === "" ? [] : [`--lang=${lang}`])];
    const options = [...words, "--heading=never", "--color=never", "--threads=1"].map(shellQuote).join(" ");
    const result = await host.exec({
      command: `${FIND}\nexec "$tool" ${options} ${shellPath(path)}`,
      timeout_ms: TOOL_LIMITS.search_ms,
      output_max_bytes: 4_000_000,
      clip_bytes: 1_000_000,
    });
    return answer(result, path);
  },
});

const NO_TOOL = 127;

/** On most systems `sg` is another program, of the shadow suite: only what says that it is ast-grep is taken for it. */
const FIND = `tool=
for name in ast-grep sg; do
  case "$("$name" --version </dev/null 2>/dev/null)" in "ast-grep "*) tool=$name; break;; esac
done
[ -n "$tool" ] || exit ${NO_TOOL}`;

function answer(result: ExecResult, path: string): Answer {
  const fail = (why: string): Answer => ({ ok: false, text: `Error: Cannot search "${path}": ${why}` });
  if (result.exit === NO_TOOL)
    return fail("this machine has no ast-grep; use grep or ripgrep, or have ast-grep installed");
  const time = struckAfter(result, TOOL_LIMITS.search_ms);
  if (time !== null) return fail(`it took longer than ${time}`);
  const full = result.ended === "output_limit";
  const text = `${result.head}${result.tail}`;
  if (!full && (result.ended !== "exit" || (result.exit !== 0 && result.exit !== 1)))
    return fail(text.trim().slice(-500) || "the search was stopped");
  if (!full && result.exit === 1 && /^error|^Error/m.test(text)) return fail(text.trim().slice(0, 500));
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines.length === 0) return { ok: true, text: "No matches found." };
  const shown = lines.slice(0, TOOL_LIMITS.matches).map(clipLine);
  if (lines.length > shown.length || full)
    shown.push(`... truncated: the first ${shown.length} lines are shown; narrow the search`);
  return { ok: true, text: shown.join("\n") };
}
