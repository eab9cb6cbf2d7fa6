import { z } from "zod";
import { FilePath } from "../input.ts";
import { grammarOf, NoTree } from "../syntax/grammar.ts";
import { symbolsOf } from "../syntax/symbols.ts";
import { openText } from "../text_file.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./file_symbols.txt" with { type: "text" };

export const fileSymbols = defineTool({
  name: "file_symbols",
  description,
  input: z.strictObject({ path: FilePath.describe("File to read, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const refuse = (why: string) => ({ ok: false, text: `Error: Cannot list the symbols of "${path}": ${why}` });
    const { text } = await openText(host, path);
    const grammar = grammarOf(path, text);
    const read = grammar === null ? ((await host.code?.())?.symbols(path, text) ?? null) : null;
    if (grammar === null && read === null) return refuse("unsupported language; use grep or read_file");
    if (read !== null && "unknown" in read) return refuse(read.unknown);
    try {
      const symbols = grammar === null ? (read ?? []) : await symbolsOf(grammar, text);
      if (symbols.length === 0) return { ok: true, text: "(no symbols)" };
      const shown = symbols
        .slice(0, TOOL_LIMITS.list_entries)
        .map(({ line, depth, text: head }) => `${line}: ${"  ".repeat(depth)}${head}`);
      if (symbols.length > shown.length)
        shown.push(`... truncated: ${shown.length} of ${symbols.length} symbols are shown`);
      return { ok: true, text: shown.join("\n") };
    } catch (error) {
      if (!(error instanceof NoTree)) throw error;
      return refuse(error.message);
    }
  },
});
