import { analyse, analyseHeads } from "./analyse.ts";
import type { Grammars } from "./grammar.ts";
import type { Unknown } from "./parse.ts";
import type { Summary } from "./summary.ts";
import type { Heads } from "./units/heads.ts";
import { type ChangedUnits, joined, type PieceFound, piecesOf } from "./units/pieces.ts";

/** Two contents of a file. `heads`: what stands at the top of the first; null: nobody knows. */
export type Contents = { path: string; was: string; is: string; heads: Heads | null };

type Said = Summary | Unknown;

/**
 * What both contents say of their units. `heads`: of both; then it is of the changed units alone, and of some that are the same
 * in both. null: it is of all units.
 */
export type Became = { was: Said; is: Said; heads: { was: Heads; is: Heads } | null };

/** Looks at no more of two contents than what differs, where that says as much as the whole of both. */
export function analyseChanged(grammars: Grammars, { path, was, is, heads }: Contents): Became {
  const top = heads ?? analyseHeads(grammars, path, was);
  if ("heads" in top) {
    const changed = fromPieces(grammars, { path, was, is, heads: top });
    if (changed) return { was: changed.was, is: changed.is, heads: { was: top, is: changed.heads } };
  }
  const whole = (text: string) => analyse(grammars, path, text, "units");
  return { was: "heads" in top ? whole(was) : top, is: whole(is), heads: null };
}

function fromPieces(grammars: Grammars, { path, was, is, heads }: Contents & { heads: Heads }): ChangedUnits | null {
  const pieces = piecesOf({ text: was, heads }, is);
  if (pieces === null) return null;
  const found: PieceFound[] = [];
  for (const piece of pieces) {
    const [before, after] = [piece.was, piece.is].map(({ text }) => analyse(grammars, path, text, "units"));
    if (!before || !after || "unknown" in before || "unknown" in after) return null;
    found.push({ was: before, is: after });
  }
  return joined({ text: was, heads }, pieces, found);
}
