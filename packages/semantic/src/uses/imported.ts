import type { Languages } from "../languages.ts";
import { type Linker, openLinker } from "../linker/linker.ts";
import { isTest, packageName } from "../linker/modules.ts";
import { folderOf, join, lastPart } from "../linker/paths.ts";
import type { ModuleRules, RulesOf } from "../linker/rules.ts";
import type { Import, Summary } from "../summary.ts";
import type { TreeView } from "../tree_view.ts";
import type { Unit } from "../unit.ts";

/**
 * The files of a tree that each of some files imports, in their order; sorted, without itself and what is outside of the
 * tree. A package that is a folder is all its files, but for those that it is tested with. What may lead to several places
 * is left out. Its view may answer that it has not loaded something: then it is asked again, see `TreeView`.
 */
export function importsOf(view: TreeView, rulesOf: RulesOf, paths: readonly string[]): string[][] {
  const linker = openLinker(view, rulesOf);
  return paths.map((path) => {
    const summary = linker.contents(path)?.summary;
    const rules = linker.rules(path)?.modules;
    if (!summary || !rules) return [];
    const files = modulesOf(summary, rules).flatMap((written) => filesAt(linker, rules, path, written));
    return [...new Set(files)].filter((file) => file !== path).sort();
  });
}

/**
 * The absolute imports of each of some files that lead nowhere, or to one of several places, as ends of the paths that they may
 * mean: whoever runs a file may look for modules in folders that the project does not name.
 */
export function looseImportsOf(view: TreeView, rulesOf: RulesOf, paths: readonly string[]): string[][] {
  const linker = openLinker(view, rulesOf);
  return paths.map((path) => {
    const summary = linker.contents(path)?.summary;
    const rules = linker.rules(path)?.modules;
    if (!summary || !rules || rules.words !== null || rules.manifest !== null) return [];
    const absolute = modulesOf(summary, rules).filter((written) => written !== "" && !written.startsWith("."));
    const loose = absolute.filter((written) => linker.module(path, written).at !== "module");
    return [...new Set(loose)].map((written) => written.replaceAll(rules.separator, "/"));
  });
}

/** Where a file is as a module: without its ending, and of what speaks for its folder the folder. */
export const modulePath = (path: string, rules: ModuleRules): string =>
  rules.index.includes(lastOf(path)) ? folderOf(path) : join(folderOf(path), bareName(path, rules));

/** All that a text may import, as it would be written at its top: of a name nobody has seen yet whether it is a module. */
function modulesOf({ imports, units }: Summary, { words, separator, submodules }: ModuleRules): string[] {
  const ways: Ways | null = words && { words, separator };
  const named = imports.flatMap((one) => {
    const module = ways === null ? one.module : atTop(ways, one, units);
    if (module === null) return [];
    const names = submodules !== "none" && Array.isArray(one.names) ? one.names : [];
    return [module, ...names.map(({ name }: { name: string }) => below(module, separator, name))];
  });
  return ways === null ? named : [...named, ...declared(ways, units, ways.words.own)];
}

/** How paths are written where they say in words where they begin. */
type Ways = { words: NonNullable<ModuleRules["words"]>; separator: string };

const below = (module: string, separator: string, name: string): string =>
  module.endsWith(separator) ? module + name : module + separator + name;

/** Modules that are declared here and stand in files of their own. */
const declared = (ways: Ways, units: readonly Unit[], within: string): string[] =>
  units
    .filter(({ kind, name }) => kind === "namespace" && name !== null)
    .flatMap(({ name, parts, children }) => {
      const way = within + ways.separator + name;
      return parts.body === null ? [way] : declared(ways, children, way);
    });

/** The word for up, inside of modules that are written out in a file, leads out of those first. null: to nothing but them. */
function atTop({ words, separator }: Ways, { module, span }: Import, units: readonly Unit[]): string | null {
  const depth = depthAt(units, span[0]);
  const parts = module.split(separator);
  if (depth === 0 || (parts[0] !== words.own && parts[0] !== words.above)) return module;
  const ups = parts.filter((part) => part === words.above).length;
  if (ups < depth) return null;
  return ups === depth ? [words.own, ...parts.slice(ups)].join(separator) : parts.slice(depth).join(separator);
}

function depthAt(units: readonly Unit[], at: number): number {
  const around = units.find(({ kind, span }) => kind === "namespace" && span[0] <= at && at < span[1]);
  return around === undefined ? 0 : 1 + depthAt(around.children, at);
}

function filesAt({ module, view }: Linker, rules: ModuleRules, from: string, written: string): string[] {
  const { scope, extensions } = rules;
  const at = module(from, written);
  if (at.at !== "module" || at.file === null) return [];
  const { file, folder } = at;
  if (scope !== "folder" || folder === null) return [file];
  const files = (view.folder(folder) ?? []).filter((name) => extensions.some((ending) => name.endsWith(ending)));
  return [file, ...files.filter((name) => !isTest(name, rules)).map((name) => join(folder, name))];
}

/**
 * How files are found that may import one: some of `words` stands in each, as it is, and its name has one of `endings`
 * (without their dots). `words` [""]: nothing is known of what stands in them. null: nothing is known of imports in its language.
 */
export type ImportedAs = { words: readonly string[]; endings: readonly string[] };

/** A module's name as far as its path says it: who gives it another one in a configuration is not found by it. */
export function importedAs(
  grammars: Pick<Languages, "names" | "profile">,
  view: TreeView,
  path: string,
): ImportedAs | null {
  const rulesOf = (language: string) =>
    grammars.names.includes(language) ? (grammars.profile(language).link?.modules ?? null) : null;
  const file = view.file(path);
  const rules = file && "summary" in file ? rulesOf(file.summary.language) : null;
  if (rules === null) return null;
  const kin = grammars.names.filter((name) => rulesOf(name)?.extensions.some((one) => rules.extensions.includes(one)));
  return {
    words: wordsFor(path, rules, view),
    endings: kin.flatMap((one) => grammars.profile(one).files.endings),
  };
}

const lastOf = (path: string): string => lastPart(path, "/");
/** The name of a file without the longest ending that a file of its language may have. */
function bareName(path: string, { extensions }: ModuleRules): string {
  const name = lastOf(path);
  const longest = extensions.filter((one) => name.endsWith(one)).sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? name.replace(/\.[^.]+$/, "") : name.slice(0, -longest.length);
}
/** Of what speaks for its folder the folder's name; the names of those in it too, since they may say where they are. */
const ofFolder = (path: string, more: readonly string[]): string[] => {
  const folder = lastOf(folderOf(path));
  return folder === "" ? [...more] : [folder, ...more];
};

function wordsFor(path: string, rules: ModuleRules, view: TreeView): string[] {
  if (rules.manifest !== null) {
    const module = packageName(view, rules, folderOf(path));
    return module === null ? ofFolder(path, folderOf(path) === "" ? [""] : []) : [module];
  }
  return rules.index.includes(lastOf(path))
    ? ofFolder(path, rules.mentions.index)
    : [bareName(path, rules), ...rules.mentions.file];
}
