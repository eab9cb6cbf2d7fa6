import type { FindingKind, Side } from "../finding.ts";
import type { Span, Unit } from "../unit.ts";
import { knotsIn } from "./commute.ts";
import { orderFields, type Tie } from "./fields.ts";
import { isFree } from "./free.ts";
import { fitGap, inLayout, mergeGap, mergeLayout } from "./gap.ts";
import { linePatterns } from "./line_patterns.ts";
import { matchUnits, type Slot } from "./match.ts";
import { type Order, orderSlots } from "./order.ts";
import { conflicting, type Job, joinOutcomes, type Outcome, quiet } from "./outcome.ts";
import { type Piece, slice, type Three, three } from "./piece.ts";
import { conflictSentence } from "./sentence.ts";
import { cutScope, type Scope, withSeparators } from "./separated.ts";
import { type Inner, type Settled, settleSlot } from "./settle.ts";
import { pieceOf } from "./three_texts.ts";
import { mergePart, partsOf } from "./unit_merge.ts";

/** Merges the units of a scope one by one, in an order that both sides can have meant. */
export function mergeScope(job: Job, scope: Scope): Outcome {
  const free = ({ units }: Slot) => isFree(job.rules, (units.base ?? units.left ?? units.right)!);
  const found = orderSlots(matchUnits(job.texts, scope.units), free);
  if (found === null)
    return conflict(job, scope.key, ["ordering"], (side) => scope.units[side].flatMap(wholly(scope, side)));
  const { order, required_first, ties } = orderFields(job, scope.key, found);
  const knots = knotsIn(job, order).map((between): Tie => ({ between, clash: ["ordering"], key: null }));
  const all = new Map(apart([...ties, ...knots]).map((tie): [number, Tie] => [tie.between[0], tie]));
  let outcomes: Outcome[] = [];
  const slots: (Slot | null)[] = []; // of each outcome its own, where it is one
  let first = true;
  for (let at = 0; at < order.slots.length; at += 1) {
    const tie = all.get(at);
    const place: Place = { scope, order, first };
    const outcome: Outcome = tie ? tied(job, place, tie) : slotOutcome(job, place, order.slots[at]!);
    outcomes.push(outcome);
    first &&= outcome.pieces.length === 0;
    slots.push(tie ? null : order.slots[at]!);
    at = tie?.between[1] ?? at;
  }
  if (scope.separated !== null) outcomes = withSeparators(job, scope.separated, outcomes, slots);
  if (required_first)
    outcomes.push({ ...quiet([]), decisions: [{ ...named(scope.key), rule: "required_first", from: null }] });
  return joinOutcomes([...outcomes, tailOutcome(job, scope)]);
}

const named = (key: string) => ({ key, keys: three(() => key) });

/** Merges the units of whole texts, and the comments that stand over all of them. */
export function mergeModule(job: Job, all: Three<readonly Unit[]>): Outcome {
  const { texts } = job;
  const ends = three((from) => headEnd(texts[from], all[from][0]));
  const units = three((from) =>
    all[from].map((unit, at): Unit => (at > 0 ? unit : { ...unit, gap: [ends[from], unit.gap[1]] })),
  );
  const head = mergeLayout(
    texts,
    three((from): Span => [0, ends[from]]),
  );
  const tail = three((from): Span => [units[from].at(-1)?.span[1] ?? ends[from], texts[from].length]);
  const rest = mergeScope(job, { key: "", units, tail, separated: null });
  if (!("clash" in head)) return joinOutcomes([quiet(head.pieces), rest]);
  return joinOutcomes([conflict(job, "", ["ast_neutral"], (side) => pieceOf(side, head.clash)), rest]);
}

/** Where the comments end that are the file's own: all in front of imports, and of anything else up to a blank line. */
function headEnd(text: string, first: Unit | undefined): number {
  if (first === undefined) return 0;
  const all = first.kind === "import" || first.kind === "doc";
  return (all ? /^[\s\S]*\S[^\n]*\n/ : /^[\s\S]*\S[^\n]*\n(?=\s*\n)/).exec(slice(text, first.gap))?.[0].length ?? 0;
}

/** Ties that share a slot are one. */
function apart(ties: readonly Tie[]): Tie[] {
  const joined: Tie[] = [];
  for (const tie of [...ties].sort((one, next) => one.between[0] - next.between[0])) {
    const last = joined.at(-1);
    if (last === undefined || last.between[1] < tie.between[0]) joined.push(tie);
    else {
      const to = Math.max(last.between[1], tie.between[1]);
      joined[joined.length - 1] = {
        ...last,
        between: [last.between[0], to],
        clash: [...new Set([...last.clash, ...tie.clash])],
      };
    }
  }
  return joined;
}

type Place = { scope: Scope; order: Order; first: boolean };

const conflict = (
  job: Job,
  key: string,
  kinds: readonly FindingKind[],
  says: (side: Side) => readonly Piece[],
): Outcome =>
  conflicting(
    job,
    { key, kinds, sentence: conflictSentence(key, kinds[0]!) },
    { left: says("left"), right: says("right") },
  );

/** A unit as a side has it, with its gap and what separates it from the next. */
const wholly =
  ({ separated }: Scope, from: Side) =>
  (unit: Unit): Piece[] => {
    const behind = separated?.[from].get(unit)?.behind;
    return [unit.gap, unit.span, ...(behind === undefined ? [] : [behind])].map((span) => ({ from, span }));
  };

/** What both sides say of some units that stand in each other's way. */
function tied(job: Job, { scope, order }: Place, { between, clash, key }: Tie): Outcome {
  const slots = order.slots.slice(between[0], between[1] + 1);
  const says = (side: Side) => {
    const own = new Set(slots.map(({ units }) => units[side]));
    return scope.units[side].filter((unit) => own.has(unit)).flatMap(wholly(scope, side));
  };
  return conflict(job, key ?? keyOf(slots.find(({ units }) => units.base === null) ?? slots[0]!), clash, says);
}

const keyOf = ({ units, renamed }: Slot): string =>
  ((renamed.left ? units.left : units.right) ?? units.left ?? units.right ?? units.base)!.key;

/** One unit, with what stands in front of it, or nothing where it is gone. */
function slotOutcome(job: Job, place: Place, slot: Slot): Outcome {
  const key = keyOf(slot);
  const says = (side: Side) => (slot.units[side] === null ? [] : wholly(place.scope, side)(slot.units[side]));
  const own = settleSlot(job, slot, insideOf);
  if ("clash" in own) return conflict(job, key, own.clash, says);
  const decisions = ruleOf(place.order, slot, own);
  if (own.pieces.length === 0) return { pieces: [], decisions, conflicts: [] };
  const gap = mergeGap(job.texts, slot);
  if ("clash" in gap) return conflict(job, key, ["ast_neutral"], says);
  const inside = own.inside ?? { decisions: [], conflicts: [] };
  return {
    pieces: [...placed(job, place, slot, gap.pieces), ...own.pieces],
    decisions: [...decisions, ...inside.decisions],
    conflicts: inside.conflicts,
  };
}

/** How a unit is listed: what was left alone is not. */
function ruleOf(
  { moved }: Order,
  slot: Slot,
  { rule, from }: Exclude<Settled, { clash: unknown }>,
): Outcome["decisions"] {
  const own = { key: keyOf(slot), keys: three((at) => slot.units[at]?.key ?? null) };
  const side = (["left", "right"] as const).find((at) => moved[at].has(slot) || slot.renamed[at]);
  const did = side === undefined ? null : slot.renamed[side] ? "renamed" : "moved";
  if (rule !== "unchanged" && rule !== "one_side") return [{ ...own, rule, from }];
  if (did !== null) return [{ ...own, rule: did, from: side! }];
  return rule === "unchanged" ? [] : [{ ...own, rule, from }];
}

/** The gap of a unit, where its place in the result is another than in its text: first there or no longer first. */
function placed(job: Job, { scope, first }: Place, { units }: Slot, gap: readonly Piece[]): readonly Piece[] {
  const [head] = gap;
  const from = head !== undefined && "from" in head ? head.from : units.left !== null ? "left" : "right";
  const row = scope.units[from];
  const text = slice(job.texts[from], units[from]?.gap ?? [0, 0]);
  // A gap that says the same on both sides is taken from one, and may stand in this place on the other.
  const stands = (side: Side) => {
    const own = units[side];
    return own !== null && (scope.units[side][0] === own) === first && slice(job.texts[side], own.gap) === text;
  };
  if ((row[0] === units[from]) === first || stands("left") || stands("right")) return gap;
  const model = first ? row[0] : row[1];
  if (scope.separated !== null) return model === undefined ? gap : inLayout(job.texts, gap, { from, span: model.gap });
  if (first && scope.key === "") return fitGap(job.texts, gap, { lead: null });
  return fitGap(job.texts, gap, { lead: { from, span: model?.gap ?? [0, 0] } });
}

function tailOutcome(job: Job, { key, tail }: Scope): Outcome {
  const own = mergeLayout(job.texts, tail);
  if (!("clash" in own)) return quiet(own.pieces);
  return conflict(job, key, ["ast_neutral"], (side) => pieceOf(side, own.clash));
}

/** Merges the inside of a class: its decorators, header and doc each by itself, and its members as a scope. */
function insideOf(job: Job, units: Three<Unit>): Inner {
  if (Object.values(units).some(({ children }) => children.length === 0)) return null;
  const parts = three((from) => partsOf(units[from]));
  const pieces: Piece[] = [];
  for (const part of ["decorators", "header", "doc"] as const) {
    const own = mergePart(
      job,
      three((from) => parts[from][part]),
    );
    if (own === null) return null;
    pieces.push(...own.pieces);
  }
  const lead = mergePart(
    job,
    three((from): Span => [parts[from].body[0], units[from].children[0]!.gap[0]]),
  );
  if (lead === null) return null;
  const tail = three((from): Span => [units[from].children.at(-1)!.span[1], units[from].span[1]]);
  const scope = { key: units.left.key, units: three((from) => units[from].children), tail, separated: null };
  const patterns = linePatterns(job.rules);
  const inBraces = job.rules.separator !== null && patterns.opens.test(slice(job.texts.left, parts.left.header));
  const members = mergeScope(job, inBraces ? cutScope(job.texts, scope, patterns) : scope);
  return { ...members, pieces: [...pieces, ...lead.pieces, ...members.pieces] };
}
