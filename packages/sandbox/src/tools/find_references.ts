import { z } from "zod";
import { SymbolName } from "../input.ts";
import { withReferences } from "../references.ts";
import { searchAnswer, searchFiles } from "../search.ts";
import { testPatterns } from "../test_files.ts";
import { defineTool } from "../tool.ts";
import description from "./find_references.txt" with { type: "text" };

export const findReferences = defineTool({
  name: "find_references",
  description,
  input: z.strictObject({
    symbol: SymbolName.describe("Name of a function, class, variable"),
    exclude_tests: z.boolean().default(false).describe("Leave test files out"),
  }),
  access: () => [{ kind: "read", path: "." }],

  async run({ symbol, exclude_tests }, host) {
    const narrow = exclude_tests ? testPatterns(host.scope).map((pattern) => `!${pattern}`) : [];
    const found = await searchFiles(host, { flags: ["-w", "-F"], pattern: symbol, path: ".", narrow });
    if (!found.ok || host.code === undefined) return searchAnswer(found);
    return searchAnswer(await withReferences(host, { symbol, narrow }, found));
  },
});
