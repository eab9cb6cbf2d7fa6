import type { ExecResult } from "./isolate/isolation.ts";
import type { Answer } from "./tool.ts";

/** A command's end as an answer: its output, what was put back, and always a last line `EXIT:…`. Fine only when it exited 0. */
export function execAnswer(result: ExecResult, timeout_ms: number): Answer {
  const cut =
    result.omitted_bytes > 0 ? `\n[${result.omitted_bytes} bytes omitted; narrow the command to see them]\n` : "";
  const output = `${result.head}${cut}${result.tail}`;
  const lines = [...(output.trim() === "" ? ["(no output)"] : [output.trimEnd()]), ...restored(result.put_back)];
  const answer: Answer = {
    ok: result.ended === "exit" && result.exit === 0,
    text: [...lines, `EXIT:${ending(result, timeout_ms)}`].join("\n"),
  };
  if (result.put_back.length === 0) return answer;
  return { ...answer, touched: result.put_back, refused_by: "claim" };
}

function ending({ ended, exit, signal }: ExecResult, timeout_ms: number): string {
  if (ended === "exit") return String(exit);
  if (ended === "timeout") return `timeout after ${timeout_ms / 1000}s`;
  if (ended === "signal") return `signal ${signal ?? "unknown"}`;
  if (ended === "output_limit") return "stopped, too much output";
  return "not started";
}

const SHOWN = 20;

function restored(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const more = paths.length > SHOWN ? [`… and ${paths.length - SHOWN} more`] : [];
  return [
    "PUT BACK: the command changed these paths, which this task has not claimed for writing, so they were restored:",
    ...paths.slice(0, SHOWN).map((path) => `  ${path}`),
    ...more,
    'To change them, the plan must claim them (`files.edit`, `create` or `delete`): if the task needs it, call done with outcome "blocked" and name them.',
  ];
}
