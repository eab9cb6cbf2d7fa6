import { z } from "zod";
import { FilePath } from "./input.ts";
import { textLines } from "./lines.ts";
import { openText } from "./text_file.ts";
import { defineTool, type Tool } from "./tool.ts";

type Shown = { name: string; description: string; show: (lines: readonly string[], n: number) => string };

/** A tool that shows some lines of one end of a file. `show` is given one line at least. */
export const lineTool = ({ name, description, show }: Shown): Tool =>
  defineTool({
    name,
    description,
    input: z.strictObject({
      path: FilePath.describe("File to read, relative to the root of the worktree"),
      n: z.int().min(1).default(20).describe("How many lines"),
    }),
    access: ({ path }) => [{ kind: "read", path }],

    async run({ path, n }, host) {
      const lines = textLines((await openText(host, path)).text);
      return { ok: true, text: lines.length === 0 ? "(empty file)" : show(lines, n) };
    },
  });
