import { z } from "zod";
import { FilePath } from "../input.ts";
import { openText } from "../text_file.ts";
import { defineTool } from "../tool.ts";

/** For an agent that asks as it would ask an editor: the file's text as it is, not as a model is shown it. */
export const readTextFile = defineTool({
  name: "read_text_file",
  description: "Read the text of a file, or some of its lines.",
  input: z.strictObject({
    path: FilePath,
    line: z.int().min(1).default(1).describe("First line, counted from 1"),
    limit: z.int().min(0).nullable().default(null).describe("At most so many lines; null: all"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path, line, limit }, host) {
    const { text } = await openText(host, path);
    const whole = line === 1 && limit === null ? text : linesOf(text, line - 1, limit ?? Number.POSITIVE_INFINITY);
    return { ok: true, text: `${whole.length} characters`, whole };
  },
});

/** With their ends, so that what is read twice in parts is the same as what is read at once. */
const linesOf = (text: string, from: number, count: number): string =>
  (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(from, from + count).join("");
