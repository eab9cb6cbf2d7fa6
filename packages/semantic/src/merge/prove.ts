import type { Side } from "../finding.ts";
import type { Summary } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { counted, unaccounted } from "./conservation.ts";
import type { Decision, Rule } from "./merged.ts";
import { type Piece, SOURCES, type Source, slice, type Three, three } from "./piece.ts";
import type { MergeRules } from "./rules.ts";
import { partsOfLine } from "./separated.ts";
import { boundTwice, importLost, wordLost } from "./tally.ts";
import { wordsOf } from "./three_texts.ts";
import { allUnits, stemOf } from "./unit_texts.ts";

/**
 * A merge that is to be proved. `summaries` have units alone; `whole` has the rest of a side. `entries`: the keys of what the
 * lists in a stretch of code hold.
 */
export type Claim = {
  texts: Three<string>;
  summaries: Three<Summary>;
  merged: { text: string; summary: Summary; pieces: readonly Piece[]; decisions: readonly Decision[] };
  whole(side: Side): Summary;
  entries(code: string): readonly string[];
  rules: MergeRules;
};

const TALLIES = [wordLost, importLost, boundTwice];

/**
 * Looks at a merge as if a stranger had made it: whether every byte is from one of the texts; whether units are there as
 * often as they must be and say what they said in one of the texts, or are listed as merged inside; whether what has an
 * order kept one of the two; and whether each line that a side changed is there. null: it is proved; else why it is not,
 * as a clause.
 */
export function faultInMerge(claim: Claim): string | null {
  for (const check of [
    foreignBytes,
    brokenSyntax,
    unitCounts,
    unitTexts,
    fixedOrder,
    lostLines,
    lostWords,
    ...TALLIES,
  ]) {
    const fault = check(claim);
    if (fault !== null) return fault;
  }
  return null;
}

function foreignBytes({ texts, merged }: Claim): string | null {
  let at = 0;
  for (const piece of merged.pieces) {
    if ("marker" in piece) return `"${piece.marker.trim()}" is in none of the texts`;
    const own = slice(texts[piece.from], piece.span);
    if (merged.text.slice(at, at + own.length) !== own) return `the result is not what its pieces say at ${at}`;
    at += own.length;
  }
  return at === merged.text.length ? null : "the result is longer than its pieces";
}

const brokenSyntax = ({ merged: { summary } }: Claim): string | null =>
  summary.faults.length === 0 ? null : `the result would not parse: ${summary.faults[0]!.message}`;

const INSIDE: ReadonlySet<Rule> = new Set(["parts", "entries", "lines", "layout", "members", "renamed"]);

/** The keys of what is listed as merged inside, in whichever text. */
function keysMerged({ merged }: Claim, rules: ReadonlySet<Rule>): Set<string> {
  const own = merged.decisions.filter(({ rule }) => rules.has(rule));
  return new Set(own.flatMap(({ key, keys }) => [key, ...SOURCES.flatMap((from) => keys[from] ?? [])].map(stemOf)));
}

/** No unit too often or too seldom: what was added is there once, what was removed is not, no more copies than a side has. */
function unitCounts(claim: Claim): string | null {
  const exempt = keysMerged(claim, new Set<Rule>(["entries", "lines", "parts"]));
  const names = (units: readonly Unit[]) =>
    allUnits(units, "").flatMap(({ unit }) =>
      unit.name === null && exempt.has(stemOf(unit.key)) ? [] : [stemOf(unit.key)],
    );
  const known = three((from) => names(claim.summaries[from].units));
  const all = new Set(SOURCES.flatMap((from) => known[from]));
  const renewed = (key: string) => !all.has(key) && key.startsWith("statement");
  const is = names(claim.merged.summary.units);
  const listed = claim.merged.decisions.filter(({ key, rule }) => key.startsWith("statement") && INSIDE.has(rule));
  if (is.filter(renewed).length > listed.length) return "there is a statement in the result that nobody wrote";
  const off = unaccounted({ ...known, merged: is.filter((key) => !renewed(key)) });
  if (off !== null) return `"${off}" is not there as often as both sides have it`;
  const [left, right] = [counted(known.left), counted(known.right)];
  const double = [...counted(is)].find(
    ([key, count]) => count > 1 && count > Math.max(left.get(key) ?? 0, right.get(key) ?? 0),
  );
  return double === undefined ? null : `"${double[0]}" is in the result more often than in either text`;
}

/** Each unit says what it says in one of the texts, but for those that are listed. */
function unitTexts(claim: Claim): string | null {
  const listed = keysMerged(claim, INSIDE);
  const known = new Set(
    SOURCES.flatMap((from) => allUnits(claim.summaries[from].units, claim.texts[from]).map(({ text }) => text)),
  );
  const own = allUnits(claim.merged.summary.units, claim.merged.text);
  const other = own.find(
    ({ unit, text }) => !known.has(text) && !listed.has(stemOf(unit.key)) && !(unit.name === null && !listed.has("")),
  );
  return other === undefined ? null : `"${other.unit.key}" is in none of the texts as it is in the result`;
}

/** What has no free order stands in an order in which one of the sides has it. */
function fixedOrder({ summaries, merged }: Claim): string | null {
  const FIXED: ReadonlySet<string> = new Set(["statement", "variable"]);
  const keys = (summary: Summary) => summary.units.filter(({ kind }) => FIXED.has(kind)).map(({ key }) => key);
  const places = three((from) => new Map(keys(summaries[from]).map((key, at) => [key, at])));
  const is = keys(merged.summary);
  const turned = (from: Source, one: string, next: string) => {
    const [own, others] = [places[from].get(one), places[from].get(next)];
    return own !== undefined && others !== undefined && own > others;
  };
  for (let at = 1; at < is.length; at += 1) {
    const [one, next] = [is[at - 1]!, is[at]!];
    if (turned("left", one, next) && turned("right", one, next)) return `"${next}" stands in an order that no side has`;
  }
  return null;
}

/** Units whose lines are looked at word by word: the same stretch of each text. */
function blanked(text: string, units: readonly Unit[], exempt: ReadonlySet<string>): string {
  let left = "";
  let at = 0;
  for (const { unit } of allUnits(units, "")) {
    if (!exempt.has(stemOf(unit.key)) || unit.span[0] < at) continue;
    left += text.slice(at, unit.span[0]);
    at = unit.span[1];
  }
  return left + text.slice(at);
}

const BY_WORD: ReadonlySet<Rule> = new Set(["parts", "entries", "layout", "renamed"]);

/** Units whose own lines need not be there: they yielded with a change of layout. */
function laidOut({ summaries, merged }: Claim): Set<string> {
  const found = new Set<string>();
  const at = three((from) => new Map(allUnits(summaries[from].units, "").map(({ unit }) => [unit.key, unit])));
  for (const { key, keys, rule } of merged.decisions) {
    if (rule !== "same" && rule !== "removed") continue;
    const units = SOURCES.flatMap((from) => at[from].get(keys[from] ?? "") ?? []);
    if (new Set(units.map(({ hashes }) => `${hashes.syntax} ${hashes.doc}`)).size !== 1) continue;
    for (const own of [key, ...Object.values(keys)].filter((each) => each !== null)) found.add(stemOf(own));
  }
  return found;
}

function lostLines(claim: Claim): string | null {
  const exempt = new Set([...keysMerged(claim, BY_WORD), ...laidOut(claim)]);
  const lines = (text: string, { units }: Summary) =>
    blanked(text, units, exempt)
      .split("\n")
      .flatMap((line) => partsOfLine(line, claim.rules))
      .filter((line) => line !== "");
  const all = three((from) => lines(claim.texts[from], claim.summaries[from]));
  const off = unaccounted({ ...all, merged: lines(claim.merged.text, claim.merged.summary) });
  return off === null ? null : `the line "${off}" is not there as often as both sides have it`;
}

/** In units that are not looked at line by line, no word is lost and none comes back. */
function lostWords(claim: Claim): string | null {
  const { summaries, texts, merged } = claim;
  const find = (summary: Summary, text: string) =>
    new Map(allUnits(summary.units, text).map((own) => [own.unit.key, own.text]));
  const at = three((from) => find(summaries[from], texts[from]));
  const result = find(merged.summary, merged.text);
  for (const { key, keys, rule } of merged.decisions.filter((own) => BY_WORD.has(own.rule))) {
    if ((rule === "renamed" && result.has(key)) || key.startsWith("statement")) continue;
    // An import that not all have is counted with all the others: its names may come from elsewhere.
    if (rule === "entries" && SOURCES.some((from) => keys[from] === null)) continue;
    const split = (text: string | undefined) => (text === undefined ? [] : wordsOf(text).split(" "));
    const all = three((from) => split(at[from].get(keys[from] ?? "")));
    const off = unaccounted({ ...all, merged: split(result.get(key)) });
    if (off !== null) return `the word "${off}" of "${key}" is not there as often as both sides have it`;
  }
  return null;
}
