import { analyse } from "../../packages/semantic/src/analyse.ts";
import type { Conflict } from "../../packages/semantic/src/check/trees.ts";
import type { Grammars } from "../../packages/semantic/src/grammar.ts";
import { languageOf } from "../../packages/semantic/src/language.ts";
import type { RulesOf } from "../../packages/semantic/src/linker/rules.ts";
import { mergeSources } from "../../packages/semantic/src/merge/merge.ts";
import type { Three } from "../../packages/semantic/src/merge/piece.ts";
import type { FileView } from "../../packages/semantic/src/tree_view.ts";

/** A text that was merged by symbols, and the keys of the units in it that were put together line by line. */
export type MergedText = { text: string; lines: readonly string[] };

/** All that is done with texts: what they say, kept by the id of their blob, and what becomes of three of them. */
export type Analyst = {
  rules: RulesOf;
  view(path: string, text: string | null): FileView;
  known(path: string, oid: string, text: () => Promise<string | null>): Promise<FileView>;
  merge(path: string, texts: Three<string>): MergedText | Conflict;
};

export function openAnalyst(grammars: Grammars): Analyst {
  const kept = keepLast(MOST_KEPT);
  const view = (path: string, text: string | null): FileView => {
    if (text === null) return { text, unknown: "it is not UTF-8 text" };
    const summary = analyse(grammars, path, text);
    return "unknown" in summary ? { text, unknown: summary.unknown } : { text, summary };
  };
  return {
    rules: (language) => grammars.profile(language).link,
    view,
    known: async (path, oid, text) => {
      const key = `${oid} ${path.slice(path.lastIndexOf("/") + 1)}`;
      const found = kept.get(key) ?? view(path, await text());
      kept.set(key, found);
      return found;
    },
    merge: (path, texts) => {
      const language = languageOf(grammars, path, texts.left);
      if (language === null) return { path, reason: "both sides changed the same lines", symbols: [] };
      const summary = (text: string) => analyse(grammars, path, text);
      const merged = mergeSources({ grammar: grammars.grammar(language), summary }, texts);
      if (merged.did === "merged") {
        const lines = merged.decisions.filter(({ rule }) => rule === "lines").map(({ key }) => key);
        return { text: merged.text, lines };
      }
      if (merged.did === "refused") return { path, reason: merged.reason, symbols: [] };
      return { path, reason: "both sides changed the same symbols", symbols: merged.conflicts };
    },
  };
}

/** Of how many characters of text it is kept what they say: a history has far more than fits into memory. */
const MOST_KEPT = 24_000_000;

/** Keeps what was asked for last. */
function keepLast(most: number): { get(key: string): FileView | undefined; set(key: string, file: FileView): void } {
  const kept = new Map<string, FileView>();
  let size = 0;
  const sizeOf = (file: FileView | undefined) => file?.text?.length ?? 0;
  const drop = (key: string) => {
    size -= sizeOf(kept.get(key));
    kept.delete(key);
  };
  return {
    get: (key) => kept.get(key),
    set: (key, file) => {
      drop(key);
      kept.set(key, file);
      size += sizeOf(file);
      for (const [oldest] of kept) {
        if (size <= most) break;
        drop(oldest);
      }
    },
  };
}
