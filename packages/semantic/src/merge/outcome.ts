import type { ClassShape } from "../class_shape.ts";
import type { FindingKind, Side } from "../finding.ts";
import type { List } from "./lists.ts";
import type { Decision, MergeConflict, SideNames } from "./merged.ts";
import { type Piece, type Source, slice, type Three } from "./piece.ts";
import type { MergeRules } from "./rules.ts";

/** What became of a part of the three texts. */
export type Outcome = {
  pieces: readonly Piece[];
  decisions: readonly Decision[];
  conflicts: readonly MergeConflict[];
};

/**
 * What a merge knows all along. `shapeOf` a side's class, by its key. `listsIn` parses a stretch by itself: what brackets in it hold
 * names or keyed entries; the places are those of the whole text. `unimported`: names that the base imports and a side no
 * longer does, from wherever.
 */
export type Job = {
  texts: Three<string>;
  shapeOf(side: Side, key: string): ClassShape | undefined;
  rules: MergeRules;
  names: SideNames;
  unimported: Readonly<Record<Side, ReadonlySet<string>>>;
  listsIn(from: Source, span: readonly [number, number]): readonly List[];
};

export const quiet = (pieces: readonly Piece[]): Outcome => ({ pieces, decisions: [], conflicts: [] });

export const joinOutcomes = (outcomes: readonly Outcome[]): Outcome => ({
  pieces: outcomes.flatMap(({ pieces }) => pieces),
  decisions: outcomes.flatMap(({ decisions }) => decisions),
  conflicts: outcomes.flatMap(({ conflicts }) => conflicts),
});

/** A conflict: what both sides say there, with their gaps, between markers that name the unit. */
export function conflicting(
  { texts, names }: Job,
  conflict: { key: string; kinds: readonly FindingKind[]; sentence: string },
  { left, right }: { left: readonly Piece[]; right: readonly Piece[] },
): Outcome {
  const { key } = conflict;
  const startsLine = (pieces: readonly Piece[]) => {
    const [first] = pieces;
    return first === undefined || !("from" in first) || slice(texts[first.from], first.span).startsWith("\n");
  };
  const mark = (text: string, next: readonly Piece[]): Piece => ({
    marker: `\n${text}${startsLine(next) ? "" : "\n"}`,
  });
  const pieces = [
    ...[mark(`<<<<<<< ${names.left}: ${key}`, left), ...left],
    ...[mark("=======", right), ...right],
    mark(`>>>>>>> ${names.right}: ${key}`, []),
  ];
  return { pieces, decisions: [], conflicts: [conflict] };
}
