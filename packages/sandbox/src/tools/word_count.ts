import { z } from "zod";
import { worktreeFiles } from "../git_read.ts";
import { AnyPath } from "../input.ts";
import { textLines } from "../lines.ts";
import { openText } from "../text_file.ts";
import { textFiles } from "../text_files.ts";
import { defineTool } from "../tool.ts";
import description from "./word_count.txt" with { type: "text" };

export const wordCount = defineTool({
  name: "word_count",
  description,
  input: z.strictObject({ path: AnyPath.describe("File or directory, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const kind = path === "." ? "directory" : (await host.stat(path))?.kind;
    if (kind !== "directory") return { ok: true, text: line(count(path, (await openText(host, path)).text)) };
    const inside = (await worktreeFiles(host)).filter((own) => path === "." || own.startsWith(`${path}/`));
    const counts: Count[] = [];
    for await (const { path: own, text } of textFiles(host, inside.slice(0, FILES_MAX))) counts.push(count(own, text));
    if (counts.length === 0) return { ok: true, text: "No text files." };
    const shown = counts.toSorted((a, b) => b.lines - a.lines).slice(0, SHOWN);
    const total: Count = { path: `total of ${counts.length} text files`, lines: 0, words: 0 };
    for (const { lines, words } of counts) {
      total.lines += lines;
      total.words += words;
    }
    const text = [...shown.map(line), line(total)];
    if (counts.length > shown.length) text.push(`... truncated: the ${shown.length} longest are shown`);
    if (inside.length > FILES_MAX) text.push(`... truncated: ${inside.length - FILES_MAX} more files were not counted`);
    return { ok: true, text: text.join("\n") };
  },
});

const FILES_MAX = 2_000;
const SHOWN = 20;

type Count = { path: string; lines: number; words: number };
const line = ({ path, lines, words }: Count) => `${lines} lines  ${words} words  ${path}`;
const count = (path: string, text: string): Count => ({
  path,
  lines: textLines(text).length,
  words: text.match(/\S+/g)?.length ?? 0,
});
