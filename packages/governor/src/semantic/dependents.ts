import type { Languages } from "@dgov/semantic";
import { dependentsOf } from "@dgov/semantic/dependents";
import { importedAs } from "@dgov/semantic/imported";
import type { Git } from "../git/git.ts";
import { filesWith } from "./find_uses.ts";
import { rulesWith } from "./imports_around.ts";
import { type TreeViews, untilLoaded } from "./tree_views.ts";

/** `unknown`: why it is not known who depends on them, as a clause. */
export type Dependents = { files: string[] } | { unknown: string };

type Place = { git: Git; views: TreeViews; languages: Pick<Languages, "names" | "profile"> };

/** `tree`: the id of a tree; `changed`: paths in it; `roots`: folders from which absolute imports are, besides the known ones */
export type ChangedIn = { tree: string; changed: readonly string[]; roots: readonly string[] };

/** Whoever asks would rather do without than wait until more files are parsed. */
const FILES_MAX = 2_000;

/**
 * All files of a tree that depend on some of its files, through however many others. Files that may are found by their
 * words, and only those are parsed, so that a large repository costs what the change reaches and not what it holds.
 */
export async function dependentsIn({ git, views, languages }: Place, asked: ChangedIn): Promise<Dependents> {
  const { tree, changed, roots } = asked;
  const view = views.view(tree);
  const rules = rulesWith(languages, roots);
  const found = new Set(changed);
  const looked = new Set<string>();
  for (let layer = [...changed]; layer.length > 0; ) {
    const as = await untilLoaded(views, () => layer.map((path) => importedAs(languages, view, path)));
    const blind = as.indexOf(null);
    if (blind >= 0) return { unknown: `nothing is known of imports in the language of "${layer[blind]}"` };
    const words = as.flatMap((one) => one?.words ?? []);
    const endings = new Set(as.flatMap((one) => one?.endings ?? []).map((ending) => `.${ending}`));
    const named = await filesWith(git, tree, words);
    const among = named.filter((path) => !found.has(path) && endings.has(path.slice(path.lastIndexOf("."))));
    for (const path of among) looked.add(path);
    if (looked.size > FILES_MAX) return { unknown: `more than ${FILES_MAX} files may depend on it` };
    const on = layer;
    layer = await untilLoaded(views, () => dependentsOf(view, rules, { on, changed, among }));
    for (const path of layer) found.add(path);
  }
  return { files: [...found].filter((path) => !changed.includes(path)).sort() };
}
