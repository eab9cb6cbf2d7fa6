import type { Imports, SearchedTexts } from "@dgov/sandbox/code";
import type { Grammars, Languages, RulesOf, TreeView } from "@dgov/semantic";
import { importedAs, importsOf } from "@dgov/semantic/imported";
import { untilLoaded } from "./tree_views.ts";

/** A worktree whose files are read when they are first asked for, and what searches them. */
type Place = { grammars: Grammars; view: TreeView; load: () => Promise<boolean> } & Pick<
  SearchedTexts,
  "roots" | "find"
>;

/** What a file imports and, of those that are found by its name, who imports it; null: its language knows no imports. */
export async function importsAround(place: Place, path: string): Promise<Imports | { unknown: string } | null> {
  const { grammars, view, roots, find } = place;
  const file = await untilLoaded(place, () => view.file(path));
  if (file === null) return { unknown: "it is not among the files of the worktree" };
  if ("unknown" in file)
    return file.unknown === "there is no grammar for its language" ? null : { unknown: file.unknown };
  const as = await untilLoaded(place, () => importedAs(grammars, view, path));
  if (as === null) return null;
  const rules = rulesWith(grammars, roots);
  const others = (await find(as)).filter((other) => other !== path);
  const [imports = [], ...theirs] = await untilLoaded(place, () => importsOf(view, rules, [path, ...others]));
  return { imports, imported_by: others.filter((_, at) => theirs[at]?.includes(path)).sort() };
}

/** The rules of each language, with further folders from which absolute imports are. */
export function rulesWith(grammars: Pick<Languages, "names" | "profile">, roots: readonly string[]): RulesOf {
  return (language) => {
    const link = grammars.names.includes(language) ? grammars.profile(language).link : null;
    return link && { ...link, modules: { ...link.modules, roots: [...link.modules.roots, ...roots] } };
  };
}
