import type { Span, Unit } from "../unit.ts";
import { foundAt, type LinePatterns } from "./line_patterns.ts";
import type { List } from "./lists.ts";

/** An entry and what stands around it: `comma` null: none follows. `rest` is a comment behind it on its last line. */
export type Held = { unit: Unit; comma: Span | null; rest: Span };

/** A list cut up, so that nothing of it is lost: the entries with all around them, and what is before the bracket closes. */
export type HeldList = { entries: readonly Held[]; close: Span; broken: boolean };

/** `broken`: it goes over several lines. A comma that is none stands in front of what it parts from the one before. */
export function heldList(
  text: string,
  { inner, entries, comma: parting }: List,
  behind: LinePatterns["entry"],
): HeldList {
  let from = inner[0];
  if (parting !== ",") {
    const held = entries.map(({ key, span }): Held => {
      const unit = entryUnit(key, [from, span[0]], span, text);
      from = span[1];
      return { unit, comma: null, rest: [from, from] };
    });
    return { entries: held, close: [from, inner[1]], broken: text.slice(...inner).includes("\n") };
  }
  const held = entries.map(({ key, span }): Held => {
    const { blank, mark: comma, comment: rest } = foundAt(behind, text, span[1]);
    const start = comma === "" ? span[1] : span[1] + blank.length;
    const end = start + comma.length;
    const unit = entryUnit(key, [from, span[0]], span, text);
    from = end + (comma === "" && rest !== "" ? blank.length : 0) + rest.length;
    return { unit, comma: comma === "" ? null : [start, end], rest: [end, from] };
  });
  return { entries: held, close: [from, inner[1]], broken: text.slice(...inner).includes("\n") };
}

/** An entry in the form of a unit, so that it is matched and put in order as those are. */
function entryUnit(key: string, gap: Span, span: Span, text: string): Unit {
  const own = text.slice(...span);
  const hashes = { text: own, syntax: own, nameless: own, tokens: 0, decorators: "", header: "", doc: "", body: own };
  const parts = { decorators: null, header: [span[0], span[0]] as Span, doc: null, body: span };
  return { key, name: key, kind: "key", gap, span, parts, hashes, guards: [], signature: null, children: [] };
}
