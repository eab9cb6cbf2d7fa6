import { z } from "zod";
import { SymbolName } from "../input.ts";
import { clipLine, searchFiles } from "../search.ts";
import { testPatterns } from "../test_files.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./search_tests_for.txt" with { type: "text" };

export const searchTestsFor = defineTool({
  name: "search_tests_for",
  description,
  input: z.strictObject({ symbol: SymbolName.describe("Name of a function, class, variable") }),
  access: () => [{ kind: "read", path: "." }],

  async run({ symbol }, host) {
    const narrow = testPatterns(host.scope);
    const pattern = `(?:\\b|_)${symbol.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(?:\\b|_)`; // also `test_symbol`
    const found = await searchFiles(host, { flags: ["-P", "-z"], pattern, path: ".", narrow });
    if (!found.ok) return found;
    if (found.lines.length === 0) return { ok: true, text: `No test names "${symbol}".` };
    const shown = byFile(found.lines);
    if (found.more) shown.push("... truncated: there are more");
    return { ok: true, text: shown.join("\n") };
  },
});

const LINES_A_FILE = 5;

/** Each file with its first lines. With `-z` a NUL stands after the file's name and one after the number. */
function byFile(lines: readonly string[]): string[] {
  const files = new Map<string, string[]>();
  for (const line of lines) {
    const [file = "", number = "", ...rest] = line.split("\0");
    const own = files.get(file) ?? [];
    own.push(clipLine(`  ${number}: ${rest.join("").trim()}`));
    files.set(file, own);
  }
  const all = [...files].flatMap(([file, own]) => {
    const more = own.length > LINES_A_FILE ? [`  +${own.length - LINES_A_FILE} more`] : [];
    return [file, ...own.slice(0, LINES_A_FILE), ...more];
  });
  if (all.length <= TOOL_LIMITS.matches) return all;
  return [...all.slice(0, TOOL_LIMITS.matches), `... truncated: ${files.size} test files name it`];
}
