import { type Linker, openLinker } from "../linker/linker.ts";
import { folderOf } from "../linker/paths.ts";
import type { LinkRules, RulesOf } from "../linker/rules.ts";
import type { Summary } from "../summary.ts";
import type { TreeView } from "../tree_view.ts";
import { importsOf } from "../uses/imported.ts";
import type { FunctionShape } from "./complexity.ts";
import { isPastLimit } from "./limits.ts";

/**
 * What of a file counts for the structure of its tree. It is plain data, and small.
 *
 * `imports`  files that are loaded when this one is, sorted; where a package is a folder all of its files
 * `reach`    how many modules they are
 * `circles`  whether it is a fault when they lead back here
 * `past`     functions that are past a limit     `functions`  how many there are in all
 * `open`     words of what it imports and no file is there for; null: nobody has noted them
 */
export type FileShape = {
  imports: readonly string[];
  reach: number;
  circles: boolean;
  past: readonly FunctionShape[];
  functions: number;
  open: readonly string[] | null;
};

/** What a language says of structure; null: it has no modules. */
export type StructureRules = (language: string) => { circles: boolean } | null;

/**
 * The shapes of some files of a tree, in their order; null: nothing is known of one, or its language has no modules. Its
 * view may answer that it has not loaded something: then it is asked again, see `TreeView`.
 */
export function fileShapes(
  view: TreeView,
  rules: { link: RulesOf; structure: StructureRules },
  paths: readonly string[],
): (FileShape | null)[] {
  const linker = openLinker(view, rules.link);
  return paths.map((path) => {
    const file = view.file(path);
    if (file === null || "unknown" in file) return null;
    const own = linker.rules(path);
    const circles = rules.structure(file.summary.language)?.circles ?? false;
    if (own === null) return null;
    const { functions } = file.summary;
    const { files, open } = circles
      ? loadedBy(linker, own.modules, path, file.summary)
      : { files: importsOf(view, rules.link, [path])[0] ?? [], open: null };
    const reach = own.modules.scope === "folder" ? new Set(files.map(folderOf)).size : files.length;
    const past = functions.filter(isPastLimit);
    return { imports: files, reach, circles, past, functions: functions.length, open };
  });
}

/**
 * Files that are loaded when one is: what is imported later, for types alone, or where a failure is caught, is not. Of a
 * module below another that is taken from it by its name, only the lower one counts: the upper one is on the way.
 */
function loadedBy(
  linker: Linker,
  rules: LinkRules["modules"],
  path: string,
  { imports }: Summary,
): { files: string[]; open: string[] } {
  const open = new Set<string>();
  const fileAt = (written: string): string | null => {
    const at = linker.module(path, written);
    const file = at.at === "module" ? at.file : null;
    if (file === null) for (const [word] of written.matchAll(WORDS)) open.add(word);
    return file;
  };
  const found = imports.flatMap(({ module, names, time, eager, guarded }) => {
    if (time !== "run" || !eager || guarded) return [];
    const taken = rules.submodules === "none" || !Array.isArray(names) ? [] : names.map(({ name }) => name);
    const joint = module.endsWith(rules.separator) ? "" : rules.separator;
    const below = taken.map((name: string) => fileAt(module + joint + name));
    const upper = taken.length === 0 || below.includes(null) ? [fileAt(module)] : [];
    return [...upper, ...below].filter((file) => file !== null);
  });
  return { files: [...new Set(found)].filter((file) => file !== path).sort(), open: [...open] };
}

const WORDS = /[\w$@-]+/g;
