import type { FindingKind, Side } from "../finding.ts";
import type { Span, Unit } from "../unit.ts";
import { type Held, type HeldList, heldList } from "./entry_list.ts";
import { mergeLayout } from "./gap.ts";
import { mergeLines } from "./line_merge.ts";
import { linePatterns } from "./line_patterns.ts";
import type { List } from "./lists.ts";
import { matchUnits, type Slot } from "./match.ts";
import { type Order, orderSlots } from "./order.ts";
import type { Job } from "./outcome.ts";
import { borrow, other, type Piece, SOURCES, type Source, slice, type Three, textOf, three } from "./piece.ts";
import { pieceOf, type Spans, sideOf } from "./three_texts.ts";

/** What became of a stretch with lists in it: pieces; or what stands against it; or null: this is no matter of lists. */
export type Entries = { pieces: readonly Piece[] } | { clash: readonly FindingKind[] } | null;

/**
 * Merges a stretch that both sides changed entry by entry, or that one does not have. All but the lists in it must be as
 * one side has it, and what is in the lists is there as a set of names or by key.
 *
 * @param whole without an entry it is nothing: there are no pieces then
 * @param without keys of entries that are left out
 */
export function mergeEntries(job: Job, spans: Spans, whole: boolean, without = NOTHING): Entries {
  const lists = three((from) => (spans[from] === null ? null : job.listsIn(from, spans[from])));
  const count = (lists.left ?? lists.right)?.length ?? 0;
  if (count === 0 || SOURCES.some((from) => lists[from] !== null && lists[from].length !== count)) return null;
  if (count > 1 && SOURCES.some((from) => lists[from] === null)) return null;
  const around = Array.from({ length: count + 1 }, (_, n) =>
    three((from): Span | null => {
      if (spans[from] === null) return null;
      return [lists[from]![n - 1]?.inner[1] ?? spans[from][0], lists[from]![n]?.inner[0] ?? spans[from][1]];
    }),
  );
  const leader = leaderOf(job, spans, around);
  if (leader === undefined) return null;
  const pieces = [...pieceOf(leader ?? "left", around[0]!)];
  for (let n = 0; n < count; n += 1) {
    const own = mergeList(
      job,
      three((from) => lists[from]?.[n] ?? null),
      { around: leader, without },
    );
    if (own === null || "clash" in own) return own;
    if (own.pieces.length === 0 && whole && count === 1) return own;
    pieces.push(...own.pieces, ...pieceOf(leader ?? "left", around[n + 1]!));
  }
  return { pieces };
}

const NOTHING: ReadonlySet<string> = new Set();

/** The side that has changed what is around the lists; null: neither did, undefined: both did. */
function leaderOf({ texts }: Job, spans: Spans, around: readonly Spans[]): Side | null | undefined {
  if (spans.left === null) return "right";
  if (spans.right === null) return "left";
  const text = (from: Source) => around.map((own) => (own[from] === null ? null : slice(texts[from], own[from])));
  const [base, left, right] = [text("base"), text("left"), text("right")].map((own) => JSON.stringify(own));
  if (left === right) return null;
  if (spans.base === null) return slice(texts.right, spans.right).includes("\n") ? "right" : "left";
  if (left === base) return "right";
  return right === base ? "left" : undefined;
}

/** One list in three versions, cut up and put in order. `leader`: whose layout it has. */
type Merging = {
  job: Job;
  held: Three<HeldList>;
  of: Three<ReadonlyMap<Unit, Held>>;
  order: Order;
  leader: Side;
  front: boolean;
};

type Frame = { around: Side | null; without: ReadonlySet<string> };

function mergeList(job: Job, lists: Three<List | null>, { around, without }: Frame): Entries {
  const inner = three((from) => lists[from]?.inner ?? null);
  const alone = sideOf(job.texts, inner);
  if (alone !== null && around === null && SOURCES.every((from) => lists[from] !== null))
    return { pieces: pieceOf(alone === "same" ? "left" : alone, inner) };
  const behind = linePatterns(job.rules).entry;
  const held = three((from) => (lists[from] === null ? NONE : heldList(job.texts[from], lists[from], behind)));
  const units = three((from) => held[from].entries.map(({ unit }) => unit));
  const order = orderSlots(matchUnits(job.texts, units), () => true);
  if (order === null) return { clash: ["ordering"] };
  if ((lists.left ?? lists.right)?.rule === "exports" && takenBeside(order)) return { clash: ["import_break"] };
  const of = three((from) => new Map(held[from].entries.map((own) => [own.unit, own])));
  const leader = around ?? (held.left.broken || !held.right.broken ? order.leader : "right");
  const front = (lists.left ?? lists.right)?.comma !== ",";
  const merging = { job, held, of, order, leader, front };
  const merged: MergedEntry[] = [];
  for (const slot of order.slots) {
    if (without.has((slot.units.left ?? slot.units.right)?.key ?? "")) continue;
    const own = mergeEntry(merging, slot);
    if ("clash" in own) return own;
    if (own.body.length > 0) merged.push(own);
  }
  if (merged.length === 0) return { pieces: [] };
  const close = three((from) => held[from].close);
  return { pieces: [...assembled(merging, merged), ...pieceOf(leader, close)] };
}

const NONE: HeldList = { entries: [], close: [0, 0], broken: false };

/** Whether one side took an entry away right beside one that the other added: then they mean two different lists. */
function takenBeside({ slots }: Order): boolean {
  const by = ({ units }: Slot, side: Side) => ({
    took: units.base !== null && units[side] === null,
    added: units.base === null && units[side] !== null,
  });
  return slots.some((slot, at) =>
    [slots[at - 1], slots[at + 1]].some(
      (next) =>
        next !== undefined &&
        ((by(slot, "left").took && by(next, "right").added) || (by(slot, "right").took && by(next, "left").added)),
    ),
  );
}

type MergedEntry = { from: Source; unit: Unit; lead: readonly Piece[]; body: readonly Piece[]; rest: readonly Piece[] };

function mergeEntry({ job, of }: Merging, { units }: Slot): MergedEntry | { clash: readonly FindingKind[] } {
  const { texts } = job;
  const from = units.right === null || units.left !== null ? "left" : "right";
  const unit = units[from] ?? units.base!;
  const spans = three((own) => units[own]?.span ?? null);
  const lead = mergeLayout(
    texts,
    three((own) => units[own]?.gap ?? null),
  );
  const rest = mergeLayout(
    texts,
    three((own) => (units[own] === null ? null : of[own].get(units[own])!.rest)),
  );
  if ("clash" in lead || "clash" in rest) return { clash: ["ast_neutral"] };
  const whole = { from, unit, lead: lead.pieces, rest: rest.pieces } as const;
  const side = sideOf(texts, spans);
  if (side !== null) return { ...whole, body: pieceOf(side === "same" ? from : side, spans) };
  if (units.base === null) return { clash: ["key_collision"] };
  if (units.left === null || units.right === null) return { clash: ["modify_delete"] };
  const all = three((own) => units[own]!.span);
  const inside = mergeEntries(job, all, false) ?? mergeLines(texts, all);
  if ("clash" in inside) return inside;
  return inside.pieces === null ? { clash: ["same_symbol"] } : { ...whole, body: inside.pieces };
}

/** Puts entries together with commas between them, in the layout of the leader. */
function assembled(merging: Merging, merged: readonly MergedEntry[]): Piece[] {
  const { job, held, leader } = merging;
  const comma = borrow(job.texts, ",") ?? { marker: "," };
  const last = held[leader].entries.at(-1) ?? held[other(leader)].entries.at(-1);
  const alone =
    merged.length === 1 && [...Object.values(held)].some(({ entries }) => entries.length === 1 && entries[0]!.comma);
  return merged.flatMap((own, at) => {
    const ends = at === merged.length - 1 && !last?.comma && !alone;
    return [...leadOf(merging, own, at), ...own.body, ...(ends || merging.front ? [] : [comma]), ...own.rest];
  });
}

/** What stands in front of an entry: its own, where that fits the layout that the list has now. */
function leadOf(
  { job, held, leader, front }: Merging,
  { from, unit, lead }: MergedEntry,
  at: number,
): readonly Piece[] {
  const { entries, broken } = held[leader];
  const gap = (n: number): readonly Piece[] => [{ from: leader, span: entries[n]!.unit.gap }];
  const blank = (text: string) => text.trim() === "" && !text.includes("\n");
  if (at === 0) return entries.length > 0 && (!broken || blank(textOf(job.texts, lead))) ? gap(0) : lead;
  const wasFirst = held[from].entries[0]?.unit === unit;
  if (held[from].broken === broken && ((broken && !front) || !wasFirst)) return lead;
  if (entries.length > 1) return gap(entries.length - 1);
  return broken && entries.length === 1 ? gap(0) : [borrow(job.texts, " ") ?? { marker: " " }];
}
