import type { TreeView } from "../tree_view.ts";
import { aliasedPaths } from "./aliases.ts";
import { folderOf, join, lastPart, walk } from "./paths.ts";
import type { ModuleRules } from "./rules.ts";

/**
 * Where an import leads. `file`: the text that speaks for the module; null where a folder alone is one. `folder`: where its
 * submodules are; null: it has none. `outside`: not in this repository, as far as can be seen. `unknown`: it may lead to
 * several places, or the way there cannot be read.
 */
export type ModuleAt =
  | { at: "module"; file: string | null; folder: string | null }
  | { at: "outside" }
  | { at: "unknown"; why: string };

const OUTSIDE: ModuleAt = { at: "outside" };

/** Where modules are looked for. `roots`: the folders from which a file's absolute imports are. */
export type Ground = { view: TreeView; rules: ModuleRules; roots(from: string): readonly string[] };

/** Finds the module that the text of an import names, as seen from a file of this tree. */
export function findModule(ground: Ground, from: string, written: string): ModuleAt {
  if (written === "") return { at: "module", file: from, folder: null };
  return STRATEGIES[ground.rules.strategy](ground, from, written);
}

type Strategy = (ground: Ground, from: string, written: string) => ModuleAt;

const STRATEGIES: Readonly<Record<ModuleRules["strategy"], Strategy>> = {
  dotted,
  relative_path: relative,
  package_folder: packageFolder,
  nested,
};

/** Dots in front go up from the file's package; without any, the roots are searched. */
function dotted({ view, rules, roots }: Ground, from: string, written: string): ModuleAt {
  const [, dots = "", rest = ""] = /^(\.*)(.*)$/.exec(written) ?? [];
  const way = rest.replaceAll(rules.separator, "/");
  if (dots !== "") {
    const base = walk(folderOf(from), "../".repeat(dots.length - 1));
    return (base !== null && moduleAt(view, rules, join(base, way))) || OUTSIDE;
  }
  const found = new Map<string, ModuleAt>();
  for (const root of roots(from)) {
    const module = moduleAt(view, rules, join(root, way));
    if (module?.at === "module") found.set(module.file ?? `${module.folder}/`, module);
  }
  const files = [...found].filter(([key]) => !key.endsWith("/"));
  const candidates = files.length > 0 ? files : [...found];
  if (candidates.length > 1)
    return { at: "unknown", why: `"${written}" may be ${candidates.map(([p]) => p).join(", ")}` };
  return candidates[0]?.[1] ?? OUTSIDE;
}

/** A path from the file, or one that the project's configuration gives a meaning. All others are packages. */
function relative({ view, rules }: Ground, from: string, written: string): ModuleAt {
  const ways = written.startsWith(".") ? [walk(folderOf(from), written)] : aliasedPaths(view, rules, from, written);
  for (const way of ways) {
    const module = way === null ? null : moduleAt(view, rules, way);
    if (module) return module;
  }
  return OUTSIDE;
}

/** What a folder's manifest says that its package is called; null: it has none, or that says nothing. */
export function packageName(view: TreeView, { manifest }: ModuleRules, folder: string): string | null {
  const text = manifest === null ? null : view.file(join(folder, manifest.file))?.text;
  return (text && manifest && new RegExp(manifest.name, "m").exec(text)?.[1]) || null;
}

/** Whether a file is there for tests alone, as its name says. */
export const isTest = (path: string, { tests }: ModuleRules): boolean =>
  tests.some((end) => stemOf(path).endsWith(end));

/** The name of a file without its folders and its last ending. */
export const stemOf = (path: string): string => lastPart(path, "/").replace(/\.\w+$/, "");

/** A package is a folder, and its path starts with what the nearest manifest says. */
function packageFolder({ view, rules }: Ground, from: string, written: string): ModuleAt {
  for (let folder = folderOf(from); ; folder = folderOf(folder)) {
    const name = packageName(view, rules, folder);
    if (name !== null && (written === name || written.startsWith(`${name}/`))) {
      const path = join(folder, written.slice(name.length + 1));
      const files = (view.folder(path) ?? []).filter((one) =>
        rules.extensions.some((extension) => one.endsWith(extension)),
      );
      // Any of its files speaks for the folder; one that is only tested with, if there is no other.
      const file = files.find((one) => !isTest(one, rules)) ?? files[0];
      return file === undefined ? OUTSIDE : { at: "module", file: join(path, file), folder: path };
    }
    if (folder === "") return OUTSIDE;
  }
}

/** Modules are below each other, and a path goes from the root of the package, from the module itself, or up from there. */
function nested({ view, rules }: Ground, from: string, written: string): ModuleAt {
  const { words, separator } = rules;
  const [head, ...rest] = written.split(separator);
  const own = rules.index.includes(lastPart(from, "/")) ? folderOf(from) : join(folderOf(from), stemOf(from));
  if (words === null || head === undefined || !Object.values(words).includes(head)) return OUTSIDE;
  const start = head === words.own ? own : head === words.above ? folderOf(own) : packageRoot(view, rules, from);
  if (start === null) return OUTSIDE;
  const down = rest.findIndex((part) => part !== words.above);
  const ups = down < 0 ? rest.length : down;
  const base = walk(start, "../".repeat(ups));
  return (base !== null && moduleAt(view, rules, join(base, rest.slice(ups).join("/")))) || OUTSIDE;
}

function packageRoot(view: TreeView, { package_roots }: ModuleRules, from: string): string | null {
  for (let folder = folderOf(from); ; folder = folderOf(folder)) {
    if (package_roots.some((name) => view.blob(join(folder, name)) !== null)) return folder;
    if (folder === "") return null;
  }
}

/** The module at a path without its extension: a file, a folder with its index, or a bare folder. */
function moduleAt(view: TreeView, rules: ModuleRules, path: string): ModuleAt | null {
  const folder = view.folder(path) === null ? null : path;
  if (folder !== null) {
    const index = rules.index.map((name) => join(folder, name)).find((file) => view.blob(file) !== null);
    if (index !== undefined) return { at: "module", file: index, folder };
  }
  const file = candidates(rules, path).find((one) => view.blob(one) !== null);
  if (file !== undefined) return { at: "module", file, folder: null };
  return folder !== null && rules.bare_folders && path !== "" ? { at: "module", file: null, folder } : null;
}

/** What may be meant by a path: itself, with an extension more, or with another one than it is written with. */
function candidates(rules: ModuleRules, path: string): string[] {
  const more = rules.extensions.map((extension) => path + extension);
  if (rules.strategy !== "relative_path") return more;
  const other = rules.written_as.find((ending) => path.endsWith(ending)) ?? "";
  const bare = path.slice(0, path.length - other.length);
  const itself = /\.\w+$/.test(path) ? [path] : [];
  return [...itself, ...(bare === path ? [] : rules.extensions.map((extension) => bare + extension)), ...more];
}
