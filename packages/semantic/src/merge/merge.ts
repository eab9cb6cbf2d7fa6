import type { Depth } from "../analyse.ts";
import type { Side } from "../finding.ts";
import type { Grammar } from "../grammar.ts";
import type { Unknown } from "../parse.ts";
import type { Summary } from "../summary.ts";
import { undress } from "./line_ends.ts";
import { listsIn } from "./lists.ts";
import type { Merged, SideNames } from "./merged.ts";
import type { Job, Outcome } from "./outcome.ts";
import { joinPieces, SOURCES, slice, type Three, textOf, three } from "./piece.ts";
import { faultInMerge } from "./prove.ts";
import { mergeModule } from "./scope.ts";

/** How a file's texts are read: its grammar, and what one of them says (see `analyse`). */
export type Reader = { grammar: Grammar; summary(text: string, depth: Depth): Summary | Unknown };

const NAMES: SideNames = { left: "left", right: "right" };

/**
 * Merges three texts of one file symbol by symbol, where git could not by lines. What comes out was put together from
 * stretches of the three, and was proved afterwards; what could not be proved is refused.
 *
 * @param names what the sides are called in the markers of a conflict
 */
export function mergeSources(reader: Reader, given: Three<string>, names: SideNames = NAMES): Merged {
  const { texts, dress } = undress(given);
  const read = three((from) => reader.summary(texts[from], "units"));
  for (const from of SOURCES) {
    const own = read[from];
    const why = "unknown" in own ? own.unknown : own.faults[0]?.message;
    if (why !== undefined) return { did: "refused", reason: `of the ${from} text nothing is known: ${why}` };
  }
  const summaries = read as Three<Summary>;
  const whole = sidesAsked(reader, texts);
  const outcome = mergeTexts(reader, texts, { summaries, names, whole });
  const { decisions, conflicts } = outcome;
  const pieces = joinPieces(outcome.pieces);
  const text = textOf(texts, pieces);
  if (conflicts.length > 0) return { did: "conflict", text: dress(text), conflicts, decisions };
  const summary = reader.summary(text, "all");
  if ("unknown" in summary) return { did: "refused", reason: `of the result nothing is known: ${summary.unknown}` };
  const { grammar } = reader;
  const entries = (code: string) =>
    listsIn(grammar, grammar.profile.merge, code, 0).flatMap((list) => list.entries.map(({ key }) => key));
  const rules = grammar.profile.merge;
  const fault = faultInMerge({ texts, summaries, merged: { text, summary, pieces, decisions }, whole, entries, rules });
  if (fault !== null) return { did: "refused", reason: `it could not be proved: ${fault}` };
  return { did: "merged", text: dress(text), pieces, decisions };
}

/**
 * All that a side says, looked at when it is first asked: what it refers to takes as long as its units, and few merges want
 * to know. Mistakes that a grammar takes count in the result.
 */
function sidesAsked(reader: Reader, texts: Three<string>): (side: Side) => Summary {
  const known = new Map<Side, Summary>();
  return (side) => {
    const summary = known.get(side) ?? reader.summary(texts[side], "all");
    if ("unknown" in summary) throw new Error(`A text whose units are known is unknown: ${summary.unknown}`);
    known.set(side, summary);
    return summary;
  };
}

type Told = { summaries: Three<Summary>; names: SideNames; whole(side: Side): Summary };

function mergeTexts({ grammar }: Reader, texts: Three<string>, { summaries, names, whole }: Told): Outcome {
  const rules = grammar.profile.merge;
  const job: Job = {
    ...{ texts, rules, names },
    shapeOf: (side, key) => whole(side).classes.findLast(({ name }) => name === key),
    unimported: unimported(grammar, texts, summaries),
    listsIn: (from, span) => listsIn(grammar, rules, slice(texts[from], span), span[0]),
  };
  return mergeModule(
    job,
    three((from) => summaries[from].units),
  );
}

/** The names in import statements that one side does not have: a statement that all three have is not looked at. */
function unimported(grammar: Grammar, texts: Three<string>, summaries: Three<Summary>): Job["unimported"] {
  const written = three((from) =>
    summaries[from].units.filter(({ kind }) => kind === "import").map(({ span }) => slice(texts[from], span)),
  );
  const all = three((from) => new Set(written[from]));
  const shared = (code: string) => SOURCES.every((from) => all[from].has(code));
  const names = three((from) =>
    written[from]
      .filter((code) => !shared(code))
      .flatMap((code) => listsIn(grammar, grammar.profile.merge, code, 0))
      .flatMap(({ entries }) => entries.map(({ key }) => key)),
  );
  const gone = (side: Side) => new Set(names.base).difference(new Set(names[side]));
  return { left: gone("left"), right: gone("right") };
}
