import { shellPath, shellQuote } from "../shell_quote.ts";
import type { Host } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import type { Mistake } from "./mistakes.ts";

/** Compiles what it reads and throws the result away. Nothing of the worktree is imported: `-I` and `-S` see to it. */
const PROGRAM = `import sys
print("Python %d.%d" % sys.version_info[:2])
try:
    compile(sys.stdin.buffer.read(), "file", "exec", 0, True)
except SyntaxError as e:
    print("line %s: %s" % (e.lineno, e.msg))
except (ValueError, MemoryError, RecursionError, OverflowError) as e:
    print("it cannot be compiled: %s" % e)
print("END")`;

/**
 * What the machine's own Python says of a file: its compiler knows more rules than a grammar. null: there is none that
 * works in the task's jail.
 */
export async function compiledByPython(host: Host, path: string): Promise<{ by: string; mistake: Mistake } | null> {
  if (host.git) return null; // nothing native is started
  const result = await host.exec({
    command: `exec python3 -I -S -W ignore -c ${shellQuote(PROGRAM)} <${shellPath(path)}`,
    timeout_ms: TOOL_LIMITS.parse_ms,
    output_max_bytes: 1_000_000,
    clip_bytes: TOOL_LIMITS.shown_bytes,
  });
  const [by = "", ...said] = result.head.trim().split("\n");
  if (result.exit !== 0 || !/^Python 3\.\d+$/.test(by) || said.pop() !== "END") return null;
  return { by, mistake: said.length === 0 ? null : said.join(" ") };
}
