import { z } from "zod";
import { FilePath } from "../input.ts";
import { numbered, textLines } from "../lines.ts";
import { openText } from "../text_file.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./read_file.txt" with { type: "text" };

export const readFile = defineTool({
  name: "read_file",
  description,
  input: z.strictObject({
    path: FilePath.describe("File to read, relative to the root of the worktree"),
    start_line: z.int().min(0).default(0).describe("First line to show, counted from 1; 0: from the beginning"),
    end_line: z.int().min(0).default(0).describe("Last line to show; 0: to the end"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path, start_line, end_line }, host) {
    const { text } = await openText(host, path);
    const whole = start_line === 0 && end_line === 0;
    if (whole && text.length <= TOOL_LIMITS.read_max_chars)
      return { ok: true, text: text === "" ? "(empty file)" : text };
    const lines = textLines(text);
    const first = Math.max(1, start_line);
    const last = Math.min(end_line === 0 ? lines.length : end_line, lines.length);
    if (first > lines.length)
      return { ok: false, text: `Error: Cannot read "${path}" from line ${first}: it has ${lines.length} lines` };
    if (last < first) return { ok: false, text: `Error: Cannot read "${path}": line ${last} is before line ${first}` };
    return { ok: true, text: numbered(lines, first, last) };
  },
});
