import { z } from "zod";
import { gitCommand } from "../git_read.ts";
import { AnyPath, Line } from "../input.ts";
import type { ExecResult } from "../isolate/isolation.ts";
import { SECRET_PATHSPECS } from "../secret_file.ts";
import { type Answer, defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./grep.txt" with { type: "text" };

/** The search runs as a process of its own, so that a pattern that never ends is ended by the clock. */
export const grep = defineTool({
  name: "grep",
  description,
  input: z.strictObject({
    pattern: Line.min(1).describe("Regular expression (Perl syntax)"),
    path: AnyPath.default(".").describe("File or directory to search, relative to the root of the worktree"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ pattern, path }, host) {
    const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
    if (kind === null) return { ok: false, text: `Error: Cannot search "${path}": it does not exist` };
    if (kind !== "directory" && kind !== "file")
      return { ok: false, text: `Error: Cannot search "${path}": it is not an ordinary file or directory` };
    const places = kind === "file" ? ["--no-index"] : ["--untracked"];
    const specs =
      kind === "file" ? [`:(literal)${path}`] : [`:(literal)${path === "." ? "" : path}`, ...SECRET_PATHSPECS];
    const result = await host.exec({
      command: gitCommand(["grep", "-n", "-I", "-P", "--no-color", ...places, "-e", pattern, "--", ...specs]),
      timeout_ms: TOOL_LIMITS.search_ms,
      output_max_bytes: 4_000_000,
      clip_bytes: 1_000_000,
    });
    return answer(result, path);
  },
});

function answer(result: ExecResult, path: string): Answer {
  const fail = (why: string): Answer => ({ ok: false, text: `Error: Cannot search "${path}": ${why}` });
  if (result.ended === "timeout")
    return fail(`it took longer than ${TOOL_LIMITS.search_ms / 1000} s; use a simpler pattern or a narrower path`);
  const full = result.ended === "output_limit";
  if (!full && result.ended !== "exit") return fail("the search was stopped");
  if (!full && result.exit === 1) return { ok: true, text: "No matches found." };
  if (!full && result.exit !== 0) return fail((result.tail || result.head).trim().slice(-500));
  const cut = full || result.omitted_bytes > 0;
  const lines = (cut ? result.head : result.head + result.tail).split("\n").filter((line) => line !== "");
  const shown = lines.slice(0, TOOL_LIMITS.matches).map(clipLine);
  if (cut || lines.length > shown.length) {
    const all = cut ? `more than ${shown.length}` : String(lines.length);
    shown.push(`... truncated: the first ${shown.length} of ${all} matches are shown`);
  }
  return { ok: true, text: shown.join("\n") };
}

const clipLine = (line: string) =>
  line.length > TOOL_LIMITS.match_line_chars ? `${line.slice(0, TOOL_LIMITS.match_line_chars)}…` : line;
