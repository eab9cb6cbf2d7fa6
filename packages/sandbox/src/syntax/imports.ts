import { posix } from "node:path";
import type { Node } from "web-tree-sitter";
import { captured, type Grammar, withTree } from "./grammar.ts";

/** What resolves an import to files of the worktree: all its files, and the folder that the sources are below. */
export type Files = { all: ReadonlySet<string>; src_dir: string };

const PYTHON = "(import_statement) @i (import_from_statement) @i (future_import_statement) @i";
const SCRIPT = `(import_statement source: (string) @i) (export_statement source: (string) @i)
(call_expression function: [(import) (identifier)] @f arguments: (arguments . (string) @i))`;

/**
 * The files of the worktree that a file imports, sorted. What is outside of it (packages, the library) is left out.
 *
 * @throws NoTree
 */
export async function importsOf(
  source: { grammar: Grammar; path: string; text: string },
  files: Files,
): Promise<string[]> {
  const { grammar, path, text } = source;
  if (grammar === "bash") return [];
  const found = await withTree(grammar, text, (root, language) => {
    if (grammar === "python")
      return captured(language, root, PYTHON).flatMap((node) =>
        pythonModules(node).map((own) => pythonFile(own, path, files)),
      );
    return scriptSources(captured(language, root, SCRIPT)).map((own) => scriptFile(own, path, files));
  });
  return [...new Set(found.filter((own) => own !== null && own !== path))].sort() as string[];
}

/** A module as it is named, with its dots in front; `maybe`: names that are modules in it, or names of its own. */
type Module = { up: number; parts: readonly string[]; maybe: string | null };

function pythonModules(node: Node): Module[] {
  const dotted = (own: Node | null) => own?.text.split(".").map((part) => part.trim()) ?? [];
  const named = (own: Node) => (own.type === "aliased_import" ? own.childForFieldName("name") : own);
  if (node.type === "import_statement")
    return node.namedChildren.flatMap((own) => (own ? [{ up: 0, parts: dotted(named(own)), maybe: null }] : []));
  const from = node.childForFieldName("module_name");
  if (from === null) return [];
  const relative = from.type === "relative_import";
  const up = relative ? (/^[.\s]*/.exec(from.text)?.[0].replace(/\s/g, "").length ?? 0) : 0;
  const parts = relative ? dotted(from.namedChildren.find((own) => own?.type === "dotted_name") ?? null) : dotted(from);
  const names = node.childrenForFieldName("name").flatMap((own) => (own ? [named(own)?.text ?? null] : []));
  return [...names, null].map((maybe) => ({ up, parts, maybe }));
}

function pythonFile({ up, parts, maybe }: Module, path: string, { all, src_dir }: Files): string | null {
  const here = posix.dirname(path);
  const roots = up > 0 ? [posix.join(here, ...Array<string>(up - 1).fill(".."))] : [".", src_dir, here];
  const whole = maybe === null ? parts : [...parts, maybe];
  for (const root of roots) {
    const base = posix.join(root, ...whole);
    for (const file of [`${base}.py`, `${base}.pyi`, posix.join(base, "__init__.py")]) if (all.has(file)) return file;
  }
  return null;
}

/** A call counts when it is `require("…")` or `import("…")`; the name stands before its text. */
function scriptSources(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node, at) => {
    if (node.type !== "string") return [];
    const called = node.parent?.type === "arguments" ? nodes[at - 1]?.text : "import";
    return called === "import" || called === "require" ? [node.text.slice(1, -1)] : [];
  });
}

const SCRIPT_ENDINGS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

function scriptFile(source: string, path: string, { all }: Files): string | null {
  if (!/^\.{1,2}(\/|$)/.test(source)) return null;
  const base = posix.join(posix.dirname(path), source);
  const written = base.replace(/\.([mc]?)jsx?$/, ".$1ts"); // TypeScript names the file that it will become
  const tries = [base, written, `${written}x`, ...SCRIPT_ENDINGS.flatMap((end) => [base + end, `${base}/index${end}`])];
  return tries.find((file) => all.has(file)) ?? null;
}
