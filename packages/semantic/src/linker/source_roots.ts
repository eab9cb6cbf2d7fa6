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

/** What the project's own configuration says of where packages lie. What is no plain folder is left out. */
export function configuredRoots(view: TreeView, { settings }: ModuleRules): string[] {
  return settings.flatMap(({ file, root }) => {
    if (view.blob(file) === null) return [];
    const text = view.file(file)?.text ?? "";
    return [...text.matchAll(new RegExp(root, "gm"))].flatMap(([, found = ""]) => {
      const clean = found.replace(/^\.\/|\/$/g, "");
      return /^[\w./-]+$/.test(clean) && !clean.includes("..") ? [clean === "." ? "" : clean] : [];
    });
  });
}
