import { posix } from "node:path";
import { z } from "zod";
import type { Imports } from "../code.ts";
import { worktreeFiles } from "../git_read.ts";
import { importsAround } from "../imports.ts";
import { FilePath } from "../input.ts";
import { srcDir } from "../recipe.ts";
import { searchFiles } from "../search.ts";
import { type Grammar, grammarOf, kinFiles, NoTree } from "../syntax/grammar.ts";
import { type Files, importsOf } from "../syntax/imports.ts";
import { openText } from "../text_file.ts";
import { textFiles } from "../text_files.ts";
import { defineTool, type Host } from "../tool.ts";
import description from "./related_files.txt" with { type: "text" };

export const relatedFiles = defineTool({
  name: "related_files",
  description,
  input: z.strictObject({ path: FilePath.describe("File to look at, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const refuse = (why: string) => ({ ok: false, text: `Error: Cannot relate "${path}": ${why}` });
    const { text } = await openText(host, path);
    const code = await host.code?.();
    const around = code ? await importsAround(host, code, path) : await importsByGrammar(host, path, text);
    if (around === null) return refuse("unsupported language, whose imports are not known; use grep");
    if ("unknown" in around) return refuse(around.unknown);
    return {
      ok: true,
      text: [...list("imports", around.imports), ...list("imported by", around.imported_by)].join("\n"),
    };
  },
});

/** Where nobody has lent what reads code. */
async function importsByGrammar(host: Host, path: string, text: string): Promise<Imports | { unknown: string } | null> {
  const grammar = grammarOf(path, text);
  if (grammar === null || grammar === "bash") return null;
  try {
    const files: Files = { all: new Set(await worktreeFiles(host)), src_dir: srcDir(host.scope) };
    const imports = await importsOf({ grammar, path, text }, files);
    return { imports, imported_by: await importersOf(host, { path, grammar }, files) };
  } catch (error) {
    if (!(error instanceof NoTree)) throw error;
    return { unknown: error.message };
  }
}

const CANDIDATES_MAX = 300;
const SHOWN = 100;

function list(title: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [`${title}: (none)`];
  const more = paths.length > SHOWN ? [`  ... truncated: ${SHOWN} of ${paths.length} are shown`] : [];
  return [`${title}:`, ...paths.slice(0, SHOWN).map((path) => `  ${path}`), ...more];
}

/** Files of the language that have the module's name in their text, and that do import it when they are parsed. */
async function importersOf(
  host: Host,
  { path, grammar }: { path: string; grammar: Grammar },
  files: Files,
): Promise<string[]> {
  const name = posix.basename(path).replace(/\.[^.]+$/, "");
  const inner = /^(__init__|index)$/.test(name);
  const pattern = inner ? posix.basename(posix.dirname(path)) : name;
  const narrow = kinFiles(grammar);
  const search = { flags: ["-l", "-F"], pattern: pattern === "." ? "import" : pattern, path: ".", narrow };
  const found = await searchFiles(host, search);
  if (!found.ok) throw new NoTree(found.text);
  const importers: string[] = [];
  for await (const { path: other, text } of textFiles(host, found.lines.slice(0, CANDIDATES_MAX))) {
    const own = grammarOf(other, text);
    if (own === null || other === path || !(await doesImport({ grammar: own, path: other, text }, path, files)))
      continue;
    importers.push(other);
  }
  return importers.sort();
}

async function doesImport(source: Parameters<typeof importsOf>[0], path: string, files: Files): Promise<boolean> {
  try {
    return (await importsOf(source, files)).includes(path);
  } catch (error) {
    if (error instanceof NoTree) return false; // too long to be parsed: it is not among those that are known to import it
    throw error;
  }
}
