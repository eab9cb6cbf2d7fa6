/** What can be read out of a prompt's words. All of it feeds warnings only. */

const HEADING = (name: string) =>
  new RegExp(`^[ \\t]*(?:#{1,6}[ \\t]*)?(?:\\*\\*)?${name}(?::|\\*\\*|[ \\t]*\\r?$)`, "im");

/** Whether a line is the heading: the word alone, marked with # or **, or followed by a colon. */
export const hasHeading = (prompt: string, name: string): boolean => HEADING(name).test(prompt);

const PATH =
  /(?<![\w./:@-])(?:\.\/)?[\w.-]+(?:\/[\w.-]+)+\.(?:py|toml|json|ya?ml|md|txt|cfg|ini|sh|[cm]?[jt]sx?|rs|go)(?![\w/])/g;

/** The paths with a slash that a prompt names, from its first Orient heading on, each once. */
export function mentionedPaths(prompt: string): string[] {
  const start = Math.max(0, prompt.search(HEADING("Orient")));
  const found = prompt.slice(start).match(PATH) ?? [];
  return [...new Set(found.map((path) => path.replace(/^\.\//, "")))];
}

const SYMBOL = /(?<![\w./:@-])(?:\.\/)?[\w.-]+(?:\/[\w.-]+)*\.[A-Za-z]\w*::[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/g;

/** The symbols that a prompt names in the notation of claims, `src/a.py::Cart.total`, each once. */
export const mentionedSymbols = (prompt: string): string[] => [
  ...new Set((prompt.match(SYMBOL) ?? []).map((text) => text.replace(/^\.\//, ""))),
];

const BUILTINS = new Set(
  "cd echo test export set unset source true false exit printf read eval exec wait type command if for while".split(
    " ",
  ),
);

/**
 * The programs that the Verify section runs in back-ticks. Careful: only a lower-case word that is followed by something
 * that looks like an argument counts, because much that stands in back-ticks is no command.
 */
export function verifyPrograms(prompt: string): string[] {
  const start = prompt.search(HEADING("Verify"));
  if (start < 0) return [];
  const body = prompt.slice(start).replace(/^[^\n]*?verify[:*]*/i, "");
  const end = body.search(/^[ \t]*(?:#{1,6}[ \t]+\S|(?:\*\*)?(?:orient|edit)(?::|\*\*|[ \t]*$))/im);
  const snippets = (end < 0 ? body : body.slice(0, end)).matchAll(/`([^`\n]+)`/g);
  return [...new Set([...snippets].flatMap(([, snippet = ""]) => programOf(snippet) ?? []))];
}

function programOf(snippet: string): string | null {
  const words = snippet.trim().split(/\s+/);
  while (/^[A-Za-z_]\w*=/.test(words[0] ?? "")) words.shift();
  const [program = "", ...rest] = words;
  if (/[()=]/.test(snippet.split(/[|;&]/)[0] ?? "") && !rest.some((word) => word.startsWith("-"))) return null;
  if (!/^[a-z][a-z0-9_-]*$/.test(program) || BUILTINS.has(program)) return null;
  return rest.some((word) => /^-|[./]/.test(word)) ? program : null;
}
