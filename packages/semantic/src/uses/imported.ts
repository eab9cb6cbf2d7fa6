import type { Grammars } from "../grammar.ts";
import { type Linker, openLinker } from "../linker/linker.ts";
import { folderOf, join } from "../linker/paths.ts";
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

/** Between a module and one in it; null: its language has none. */
const SEPARATOR: Readonly<Record<ModuleRules["strategy"], string | null>> = {
  python: ".",
  crate: "::",
  relative_path: null,
  package_folder: null,
};

/** All that a text may import, as it would be written at its top: of a name nobody has seen yet whether it is a module. */
function modulesOf({ imports, units }: Summary, { strategy }: ModuleRules): string[] {
  const separator = SEPARATOR[strategy];
  const named = imports.flatMap((one) => {
    const module = strategy === "crate" ? atTop(one, units) : one.module;
    if (module === null) return [];
    const names = separator !== null && Array.isArray(one.names) ? one.names : [];
    return [module, ...names.map(({ name }: { name: string }) => below(module, separator ?? "", name))];
  });
  return strategy === "crate" ? [...named, ...declared(units, "self")] : named;
}

const below = (module: string, separator: string, name: string): string =>
  module.endsWith(separator) ? module + name : module + separator + name;

/** Modules of a crate that are declared here and stand in files of their own. */
const declared = (units: readonly Unit[], within: string): string[] =>
  units
    .filter(({ kind, name }) => kind === "namespace" && name !== null)
    .flatMap(({ name, parts, children }) =>
      parts.body === null ? [`${within}::${name}`] : declared(children, `${within}::${name}`),
    );

/** `super` inside of modules that are written out in a file leads out of those first. null: to nothing but them. */
function atTop({ module, span }: Import, units: readonly Unit[]): string | null {
  const depth = depthAt(units, span[0]);
  const [head] = module.split("::");
  if (depth === 0 || (head !== "self" && head !== "super")) return module;
  const parts = module.split("::");
  const ups = parts.filter((part) => part === "super").length;
  if (ups < depth) return null;
  return ups === depth ? ["self", ...parts.slice(ups)].join("::") : parts.slice(depth).join("::");
}

function depthAt(units: readonly Unit[], at: number): number {
  const around = units.find(({ kind, span }) => kind === "namespace" && span[0] <= at && at < span[1]);
  return around === undefined ? 0 : 1 + depthAt(around.children, at);
}

function filesAt({ module, view }: Linker, { scope, extensions }: ModuleRules, from: string, written: string) {
  const at = module(from, written);
  if (at.at !== "module" || at.file === null) return [];
  const { file, folder } = at;
  if (scope !== "folder" || folder === null) return [file];
  const files = (view.folder(folder) ?? []).filter((name) => extensions.some((ending) => name.endsWith(ending)));
  return [file, ...files.filter((name) => !/_test\.\w+$/.test(name)).map((name) => join(folder, name))];
}

/**
 * How files are found that may import one: some of `words` stands in each, as it is, and its name has one of `endings`
 * (without their dots). `words` [""]: nothing is known of what stands in them. null: nothing is known of imports in its language.
 */
export type ImportedAs = { words: readonly string[]; endings: readonly string[] };

/** A module's name as far as its path says it: who gives it another one in a configuration is not found by it. */
export function importedAs(grammars: Grammars, view: TreeView, path: string): ImportedAs | null {
  const rulesOf = (language: string) =>
    grammars.names.includes(language) ? (grammars.profile(language).link?.modules ?? null) : null;
  const file = view.file(path);
  const rules = file && "summary" in file ? rulesOf(file.summary.language) : null;
  if (rules === null) return null;
  const kin = grammars.names.filter((name) => rulesOf(name)?.strategy === rules.strategy);
  return {
    words: WORDS[rules.strategy](path, rules, view),
    endings: kin.flatMap((one) => grammars.profile(one).files.endings),
  };
}

type Words = (path: string, rules: ModuleRules, view: TreeView) => string[];

const lastOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const bareName = (path: string): string => lastOf(path).replace(/(\.d)?\.[^.]+$/, "");
const isIndex = (path: string, { index }: ModuleRules): boolean => index.includes(lastOf(path));
/** Of what speaks for its folder the folder's name; the names of those in it too, since they may say where they are. */
const ofFolder = (path: string, more: readonly string[]): string[] => {
  const folder = lastOf(folderOf(path));
  return folder === "" ? [...more] : [folder, ...more];
};

const WORDS: Readonly<Record<ModuleRules["strategy"], Words>> = {
  python: (path, rules) => (isIndex(path, rules) ? ofFolder(path, ["from ."]) : [bareName(path)]),
  relative_path: (path, rules) =>
    isIndex(path, rules) ? ofFolder(path, ["/index", '"."', "'.'", './"', "./'", '.."', "..'"]) : [bareName(path)],
  crate: (path, rules) => (isIndex(path, rules) ? ofFolder(path, ["crate", "super"]) : [bareName(path), "super"]),
  package_folder(path, _rules, view) {
    const text = view.file(join(folderOf(path), "go.mod"))?.text ?? "";
    const module = /^\s*module\s+"?([^\s"]+)/m.exec(text)?.[1];
    return module === undefined ? ofFolder(path, folderOf(path) === "" ? [""] : []) : [module];
  },
};
