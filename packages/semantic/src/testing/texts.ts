import { analyse } from "../analyse.ts";
import type { FileChange, Merge, Trees } from "../check/trees.ts";
import { type Grammars, openGrammars } from "../grammar.ts";
import { type Judgement, judge } from "../judge.ts";
import type { RulesOf } from "../linker/rules.ts";
import type { FileView, TreeView } from "../tree_view.ts";

export type Texts = Readonly<Record<string, string>>;

const shipped: Promise<Grammars> = openGrammars();

export async function rulesOf(grammars: Promise<Grammars> | Grammars = shipped): Promise<RulesOf> {
  const loaded = await grammars;
  return (language) => loaded.profile(language).link;
}

/** A tree whose files are all at hand. */
export async function treeOf(texts: Texts, grammars: Promise<Grammars> | Grammars = shipped): Promise<TreeView> {
  const loaded = await grammars;
  const views = new Map<string, FileView>();
  for (const [path, text] of Object.entries(texts)) {
    const summary = analyse(loaded, path, text);
    views.set(path, "unknown" in summary ? { text, unknown: summary.unknown } : { text, summary });
  }
  return {
    blob: (path) => texts[path] ?? null,
    file: (path) => views.get(path) ?? null,
    folder: (path) => {
      const prefix = path === "" ? "" : `${path}/`;
      const below = Object.keys(texts).filter((one) => one.startsWith(prefix));
      const names = below.map((one) => one.slice(prefix.length).replace(/\/.*$/s, "/"));
      return below.length === 0 && path !== "" ? null : [...new Set(names)];
    },
  };
}

/** The trees of a merge by whole files; `merged` has those that both sides changed. Sides say only what they changed; "" is gone. */
export const judgeTexts = async (base: Texts, left: Texts, right: Texts, merged: Texts = {}): Promise<Judgement> =>
  judgeIn(await shipped, { base, left, right, merged });

/** The same in other languages than the program's own. */
export async function judgeIn(
  grammars: Grammars,
  { base, left, right, merged }: Record<"base" | "left" | "right" | "merged", Texts>,
  steps_max?: number,
): Promise<Judgement> {
  const over = (...all: Texts[]) =>
    Object.fromEntries(Object.entries(Object.assign({}, ...all)).filter(([, text]) => text !== "")) as Texts;
  const trees: Trees = {
    base: await treeOf(base, grammars),
    left: await treeOf(over(base, left), grammars),
    right: await treeOf(over(base, right), grammars),
    merged: await treeOf(over(base, left, right, merged), grammars),
  };
  const merge: Merge = {
    changes: { left: changesOf(base, left), right: changesOf(base, right) },
    conflicts: [],
    by_symbols: new Map(),
    called: { left: "left", right: "right" },
  };
  return judge(trees, merge, await rulesOf(grammars), steps_max);
}

function changesOf(base: Texts, side: Texts): FileChange[] {
  return Object.entries(side).map(([path, text]) => ({
    from: path in base ? path : null,
    to: text === "" ? null : path,
  }));
}
