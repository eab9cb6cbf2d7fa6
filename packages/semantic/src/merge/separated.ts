import type { Span, Unit } from "../unit.ts";
import { mergeLayout } from "./gap.ts";
import { foundAt, type LinePatterns, linePatterns } from "./line_patterns.ts";
import type { Slot } from "./match.ts";
import type { Job, Outcome } from "./outcome.ts";
import { borrow, type Piece, type Three, three } from "./piece.ts";
import type { MergeRules } from "./rules.ts";

/**
 * A module's own scope, or a class's: its units in three versions, and what stands behind the last of them. `separated`:
 * what stands between two of them; null: nothing does.
 */
export type Scope = {
  key: string;
  units: Three<readonly Unit[]>;
  tail: Three<Span>;
  separated: Three<Separated> | null;
};

/**
 * What stands behind each unit of a scope in braces: `behind` is all of it up to the end of its line, `comment` what
 * follows the separator. `separator`: there is one.
 */
export type Separated = ReadonlyMap<Unit, { separator: boolean; comment: Span; behind: Span }>;

/** Takes separators, and comments that end their lines, out of the gaps of the units that follow. */
export function cutScope(texts: Three<string>, scope: Scope, { unit }: LinePatterns): Scope {
  const cut = three((from) => cutUnits(texts[from], scope.units[from], { tail: scope.tail[from], behind: unit }));
  return {
    ...scope,
    units: three((from) => cut[from].units),
    tail: three((from) => cut[from].tail),
    separated: three((from) => cut[from].separated),
  };
}

function cutUnits(text: string, units: readonly Unit[], { tail, behind }: { tail: Span; behind: RegExp }) {
  const separated = new Map<Unit, { separator: boolean; comment: Span; behind: Span }>();
  const made: Unit[] = [];
  let from = units[0]?.gap[0] ?? tail[0];
  for (const unit of units) {
    const own: Unit = { ...unit, gap: [from, unit.gap[1]] };
    const start = unit.span[1];
    const { blank, mark, comment } = foundAt(behind, text, start);
    const at = mark === "" ? start : start + blank.length + mark.length;
    from = at + (mark === "" && comment !== "" ? blank.length : 0) + comment.length;
    separated.set(own, { separator: mark !== "", comment: [at, from], behind: [start, from] });
    made.push(own);
  }
  return { units: made, tail: [from, tail[1]] as Span, separated };
}

/** Puts separators between what is left of the units, and behind the last one where the left text has one there. */
export function withSeparators(
  job: Job,
  separated: Three<Separated>,
  outcomes: readonly Outcome[],
  slots: readonly (Slot | null)[],
): Outcome[] {
  const separator = job.rules.separator ?? "";
  const token: Piece = borrow(job.texts, separator) ?? { marker: separator };
  const last = outcomes.findLastIndex(({ pieces }) => pieces.length > 0);
  const closed = [...separated.left.values()].at(-1)?.separator ?? false;
  return outcomes.map((outcome, at): Outcome => {
    const slot = slots[at] ?? null;
    if (outcome.pieces.length === 0 || slot === null || outcome.conflicts.some(({ key }) => isWhole(slot, key)))
      return outcome;
    const comment = mergeLayout(
      job.texts,
      three((from) => (slot.units[from] === null ? null : (separated[from].get(slot.units[from])?.comment ?? null))),
    );
    const ends = at === last && !closed ? [] : [token];
    const pieces = "clash" in comment ? [] : comment.pieces;
    return { ...outcome, pieces: [...outcome.pieces, ...ends, ...pieces] };
  });
}

/** Whether a conflict is about a unit as a whole: then what both sides say of it stands there with its separators. */
const isWhole = ({ units }: Slot, key: string): boolean =>
  [units.base, units.left, units.right].some((unit) => unit?.key === key);

/** What a line says without separators and braces, so that it is the same whatever follows: a part for each entry. */
export function partsOfLine(line: string, rules: MergeRules): string[] {
  if (rules.separator === null) return [line.trim()];
  const patterns = linePatterns(rules);
  const [, code = "", comment = ""] = patterns.code.exec(line) ?? [];
  const parts = code.split(patterns.parts).map((part) => part.trim());
  const last = parts.findLastIndex((part) => part !== "");
  return parts.map((part, at) => (at === Math.max(0, last) ? `${part} ${comment.trim()}`.trim() : part));
}
