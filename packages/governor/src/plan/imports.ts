import { dirname, join, normalize } from "node:path/posix";
import type { Import } from "./facts.ts";

/**
 * Which of these files import which others of them. Read from the text by line, not by a parser: it feeds a warning,
 * so a missed import costs a hint and a wrong one costs a glance. Python, JavaScript and TypeScript.
 *
 * @param files paths relative to the root, sorted
 * @param read  the text of a file; null when there is none
 */
export function importsOf(files: readonly string[], read: (file: string) => string | null): Import[] {
  const known = new Set(files);
  return files.flatMap((importer) => {
    const candidates = /\.py$/.test(importer)
      ? pythonCandidates
      : /\.[cm]?[jt]sx?$/.test(importer)
        ? scriptCandidates
        : null;
    const text = candidates === null ? null : read(importer);
    if (candidates === null || text === null) return [];
    const found = candidates(importer, text).flatMap((group) => group.find((path) => known.has(path)) ?? []);
    return [...new Set(found)]
      .filter((imported) => imported !== importer)
      .sort()
      .map((imported) => ({ importer, imported }));
  });
}

/** For each imported name the paths it may be, best first. */
type Candidates = string[][];

function pythonCandidates(importer: string, text: string): Candidates {
  const joined = text
    .replace(/\\\r?\n/g, " ")
    .replace(/\(([^()]*)\)/g, (_, inner: string) => inner.replace(/\s*(#[^\n]*)?\n/g, " "));
  return joined.split("\n").flatMap((line) => {
    const from = /^\s*from\s+(\.*)([\w.]*)\s+import\s+([^#]*)/.exec(line);
    if (from) return fromImport(importer, from[1] ?? "", from[2] ?? "", from[3] ?? "");
    const plain = /^\s*import\s+([^#]*)/.exec(line);
    return plain ? names(plain[1] ?? "").map((module) => modulePaths(["src", "lib", ""], module)) : [];
  });
}

/** `from m import x` means the module `m.x` where there is one, and otherwise a name in `m`. */
function fromImport(importer: string, dots: string, module: string, imported: string): Candidates {
  let base = dirname(importer);
  for (let up = 1; up < dots.length; up++) base = dirname(base);
  const roots = dots === "" ? ["src", "lib", ""] : [base];
  return names(imported).map((name) => [
    ...modulePaths(roots, module === "" ? name : `${module}.${name}`),
    ...modulePaths(roots, module),
  ]);
}

const names = (list: string): string[] =>
  list
    .split(",")
    .map((part) => part.trim().split(/\s+as\s+/)[0] ?? "")
    .filter((name) => /^[\w.]+$/.test(name));

function modulePaths(roots: readonly string[], module: string): string[] {
  const path = module.replaceAll(".", "/");
  return roots.flatMap((root) => [...(path === "" ? [] : [join(root, `${path}.py`)]), join(root, path, "__init__.py")]);
}

const ENDINGS = [
  "",
  ".ts",
  ".tsx",
  ".js",
  ".jsx",
  ".mts",
  ".mjs",
  ".cts",
  ".cjs",
  "/index.ts",
  "/index.tsx",
  "/index.js",
];

function scriptCandidates(importer: string, text: string): Candidates {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*(["'])(\.{1,2}\/[^"'\n]*)\1/g);
  return [...specifiers].map(([, , specifier = ""]) => {
    const path = normalize(join(dirname(importer), specifier));
    const typed = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2"); // TypeScript writes the ending of what it will become
    return [...ENDINGS.map((ending) => path + ending), typed];
  });
}
