import { type Linker, openLinker } from "../linker/linker.ts";
import { folderOf, join, lastPart } from "../linker/paths.ts";
import type { ModuleRules, RulesOf } from "../linker/rules.ts";
import type { TreeView } from "../tree_view.ts";
import { importsOf, looseImportsOf, modulePath } from "./imported.ts";

/**
 * `on`       files that others may depend on
 * `changed`  of these, those whose own text is another one: a package's own file runs before whatever is in the package
 * `among`    files that may be dependents: see `importedAs`
 */
export type DependentsAsked = { on: readonly string[]; changed: readonly string[]; among: readonly string[] };

/**
 * Those of some files that depend on others directly: they import one of them, or what may be one of them where nobody can tell
 * from where it is looked for, run it because they import what lies in its package, or name it in a text, as what loads or
 * replaces a module by its name does. Its view may answer that it has not loaded something: then it is asked again, see `TreeView`.
 */
export function dependentsOf(view: TreeView, rulesOf: RulesOf, { on, changed, among }: DependentsAsked): string[] {
  const wanted = new Set(on);
  const first = new Set(changed);
  const linker = openLinker(view, rulesOf);
  const imports = importsOf(view, rulesOf, among);
  const loose = looseImportsOf(view, rulesOf, among);
  const modules = modulesAt(linker, on);
  const indexes = modulesAt(linker, changed, (path, { index }) => index.includes(lastPart(path, "/")));
  const mayMean = (way: string) => endsIn(modules, way) || foldersOf(way).some((folder) => endsIn(indexes, folder));
  return among.filter((path, at) => {
    const own = imports[at] ?? [];
    if (own.some((file) => wanted.has(file))) return true;
    if (loose[at]?.some(mayMean)) return true;
    if (own.some((file) => runBefore(linker, file).some((index) => index !== path && first.has(index)))) return true;
    return namedIn(linker, path).some((file) => wanted.has(file));
  });
}

/** Where those of some files are as modules that are wanted, each with a slash in front. */
function modulesAt(
  linker: Linker,
  paths: readonly string[],
  isWanted: (path: string, rules: ModuleRules) => boolean = () => true,
): string[] {
  return paths.flatMap((path) => {
    const rules = linker.rules(path)?.modules;
    return rules && isWanted(path, rules) ? [`/${modulePath(path, rules)}`] : [];
  });
}

const endsIn = (modules: readonly string[], way: string): boolean =>
  modules.some((module) => module.endsWith(`/${way}`));

/** The folders of a path: what speaks for them runs before what is in them. */
const foldersOf = (way: string): string[] =>
  way.split("/").flatMap((_, at, parts) => (at === 0 ? [] : [parts.slice(0, at).join("/")]));

/** The files that speak for the folders above a file: where they are loaded before it, what they do comes first. */
function runBefore(linker: Linker, file: string): string[] {
  const index = linker.rules(file)?.modules.index ?? [];
  const found: string[] = [];
  for (let folder = folderOf(file); folder !== ""; folder = folderOf(folder))
    found.push(...index.map((name) => join(folder, name)).filter((one) => linker.view.blob(one) !== null));
  return found;
}

/** What may be a path or a dotted name: a word in quotes with one of both marks in it. */
const QUOTED = /(["'`])((?=[^"'`]*[./])[\w./@$-]{3,200})\1/g;

/** The files that a text names in quotes: as a path, as a module, or as something in a module. */
function namedIn(linker: Linker, path: string): string[] {
  const text = linker.view.file(path)?.text ?? "";
  const words = new Set([...text.matchAll(QUOTED)].map(([, , word = ""]) => word));
  return [...words].flatMap((word) => {
    if (linker.view.blob(word) !== null) return [word];
    const ways = word.includes("/") ? [word] : prefixes(word);
    return ways.flatMap((way) => {
      const at = linker.module(path, way);
      return at.at === "module" && at.file !== null ? [at.file] : [];
    });
  });
}

/** "a.b.c" may be the module of that name, or what the module "a.b" has. */
function prefixes(word: string): string[] {
  const parts = word.split(".");
  return parts.map((_, at) => parts.slice(0, at + 1).join(".")).filter((way) => way.includes("."));
}
