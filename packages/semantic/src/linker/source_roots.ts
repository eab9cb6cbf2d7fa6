import type { TreeView } from "../tree_view.ts";
import { folderOf, join } from "./paths.ts";
import type { ModuleRules } from "./rules.ts";

/**
 * The folders from which a file's absolute imports are looked for: those of the language, those that the project's own
 * configuration names, and the folder that holds the file's outermost package, which is where a script or a test runs.
 */
export function sourceRoots(
  view: TreeView,
  rules: ModuleRules,
  from: string,
  configured: readonly string[],
): readonly string[] {
  const roots = [...rules.roots, ...configured, outermost(view, rules, from)];
  return [...new Set(roots)].filter((root) => root === "" || view.folder(root) !== null);
}

function outermost(view: TreeView, rules: ModuleRules, from: string): string {
  let folder = folderOf(from);
  while (folder !== "" && rules.index.some((name) => view.blob(join(folder, name)) !== null)) folder = folderOf(folder);
  return folder;
}

/** Tables in which packaging tools are told where packages lie. What is no plain folder is left out. */
const SETTINGS: readonly [file: string, setting: RegExp][] = [
  ["pyproject.toml", /^[ \t]*where\s*=\s*\[\s*["']([^"'\]]+)["']/gm],
  ["pyproject.toml", /^[ \t]*(?:package-dir\s*=\s*\{\s*)?["']{2}\s*=\s*["']([^"']+)["']/gm],
  ["pyproject.toml", /\bfrom\s*=\s*["']([^"']+)["']/g],
  ["pyproject.toml", /^[ \t]*pythonpath\s*=\s*\[?\s*["']([^"'\]]+)["']/gm],
  ["setup.cfg", /^[ \t]*where\s*=\s*(\S+)\s*$/gm],
  ["setup.cfg", /^[ \t]*package_dir[ \t]*=[ \t]*\n?[ \t]*=[ \t]*(\S+)[ \t]*$/gm],
];

export function configuredRoots(view: TreeView): string[] {
  return SETTINGS.flatMap(([file, setting]) => {
    if (view.blob(file) === null) return [];
    const text = view.file(file)?.text ?? "";
    return [...text.matchAll(setting)].flatMap(([, root = ""]) => {
      const clean = root.replace(/^\.\/|\/$/g, "");
      return /^[\w./-]+$/.test(clean) && !clean.includes("..") ? [clean === "." ? "" : clean] : [];
    });
  });
}
