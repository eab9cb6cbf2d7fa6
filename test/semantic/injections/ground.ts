import { analyse } from "../../../packages/semantic/src/analyse.ts";
import type { Grammars } from "../../../packages/semantic/src/grammar.ts";
import type { Summary } from "../../../packages/semantic/src/summary.ts";
import type { Unit } from "../../../packages/semantic/src/unit.ts";

/** A Python file of the tree that breakages are put into. `module`: its dotted name as others import it. */
export type Source = { path: string; text: string; module: string; summary: Summary };

/** A function, method or class that stands in a source. `owner`: the class around it; null: the module. */
export type Site = { source: Source; unit: Unit; name: string; owner: Unit | null };

/** All sources, and how often and where each word stands in them. */
export type Ground = {
  sources: readonly Source[];
  count(word: string): number;
  holders(word: string): readonly Source[];
};

/** Texts of one side that are not what the base has; null: the file is gone. */
export type Edits = ReadonlyMap<string, string | null>;

export function openGround(grammars: Grammars, files: ReadonlyMap<string, string>): Ground {
  const paths = new Set(files.keys());
  const sources = [...files].flatMap(([path, text]): Source[] => {
    const summary = analyse(grammars, path, text);
    if ("unknown" in summary || summary.faults.length > 0) return [];
    return [{ path, text, module: moduleOf(paths, path), summary }];
  });
  const words = new Map<string, Source[]>();
  const counts = new Map<string, number>();
  for (const source of sources) {
    for (const [word] of source.text.matchAll(/[A-Za-z_]\w*/g)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      const list = words.get(word) ?? [];
      if (list.at(-1) !== source) words.set(word, [...list, source]);
    }
  }
  return { sources, count: (word) => counts.get(word) ?? 0, holders: (word) => words.get(word) ?? [] };
}

function moduleOf(paths: ReadonlySet<string>, path: string): string {
  const parts = path.replace(/(\/__init__)?\.py$/, "").split("/");
  let from = path.endsWith("/__init__.py") ? parts.length - 1 : parts.length - 1;
  while (from > 0 && paths.has(`${parts.slice(0, from).join("/")}/__init__.py`)) from -= 1;
  return parts.slice(from).join(".");
}

/** Chance that is the same for a seed. */
export type Chance = { below(most: number): number; pick<T>(list: readonly T[]): T | null };

export function openChance(seed: number): Chance {
  let state = seed >>> 0 || 1;
  const below = (most: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % most;
  };
  return { below, pick: (list) => (list.length === 0 ? null : (list[below(list.length)] ?? null)) };
}

/** Everywhere in the tree, a word becomes another one. */
export function renameAll(ground: Ground, word: string, to: string): Map<string, string> {
  const pattern = new RegExp(`\\b${word}\\b`, "g");
  return new Map(ground.holders(word).map(({ path, text }) => [path, text.replace(pattern, to)]));
}

export const cut = (text: string, [start, end]: readonly [number, number], put = ""): string =>
  text.slice(0, start) + put + text.slice(end);

export const endWith = (text: string, more: string): string => `${text.trimEnd()}\n\n\n${more}\n`;

/** Where a new line among the module's imports stands: behind the last one at the top level; null: there is none. */
export function afterImports({ summary, text }: Source): number | null {
  const last = summary.units.filter(({ kind, guards }) => kind === "import" && guards.length === 0).at(-1);
  if (!last) return null;
  const end = text.indexOf("\n", last.span[1]);
  return end < 0 ? null : end + 1;
}

/** Where the first statement of a body stands; null: there is no body. */
export function bodyStart({ text }: Source, { parts }: Unit): number | null {
  if (parts.body === null) return null;
  return parts.body[0] + (text.slice(...parts.body).match(/^\s*/)?.[0].length ?? 0);
}
