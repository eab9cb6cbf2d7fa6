import type { Edited } from "../change.ts";
import type { Span, Unit } from "../unit.ts";

/** A unit with the text that it stands in. */
export type Placed = { text: string; unit: Unit };

/**
 * What of a unit is not as it was, apart from the units in it, which speak for themselves. A new name alone is no edit.
 */
export function editedParts(from: Placed, to: Placed): Edited[] {
  const edited = meaningful(from, to);
  if (edited.length > 0 || from.unit.name !== to.unit.name || trivia(from) === trivia(to)) return edited;
  return ["trivia"];
}

function meaningful(from: Placed, to: Placed): Edited[] {
  const [was, is] = [from.unit, to.unit];
  const doc: Edited[] = was.hashes.doc === is.hashes.doc ? [] : ["doc"];
  if (was.hashes.syntax === is.hashes.syntax) return doc;
  if (was.name !== is.name && was.hashes.nameless === is.hashes.nameless) return doc;
  const edited: Edited[] = [];
  if (headChanged(was, is)) edited.push(was.name === null ? "body" : "signature");
  if (was.hashes.decorators !== is.hashes.decorators) edited.push("decorators");
  if (was.hashes.body !== is.hashes.body && bodyChanged(from, to) && !edited.includes("body")) edited.push("body");
  return [...edited, ...doc];
}

/** The head has the name in it: under another one the signatures are compared, as far as there are any. */
function headChanged(was: Unit, is: Unit): boolean {
  if (was.hashes.header === is.hashes.header) return false;
  if (was.name === is.name || was.signature === null || is.signature === null) return true;
  return call(was.signature) !== call(is.signature);
}

const call = (signature: NonNullable<Unit["signature"]>): string => JSON.stringify({ ...signature, decorators: [] });

/** Where units stand in a body, only what is between them is its own. */
function bodyChanged(from: Placed, to: Placed): boolean {
  if (from.unit.children.length === 0 && to.unit.children.length === 0) return true;
  return between(from) !== between(to);
}

const HOLDERS: ReadonlySet<Unit["kind"]> = new Set(["class", "interface", "enum", "namespace", "statement", "key"]);

/** What of a body is in no unit of it, without layout. Of what holds units and nothing else that is nothing. */
function between({ text, unit }: Placed): string {
  if (HOLDERS.has(unit.kind)) return "";
  return stretches(unit)
    .map((span) => text.slice(...span))
    .join("\n")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whether units that mean the same are laid out otherwise, and say the same in their comments. */
export function sameWords(from: Placed, to: Placed): boolean {
  const words = ({ text, unit }: Placed) => {
    const spans = unit.children.length === 0 ? [unit.gap, unit.span] : ownSpans(unit);
    return spans.map((span) => text.slice(...span).replace(LAYOUT, "")).join("\n");
  };
  return words(from) === words(to);
}

/** What a formatter adds, takes away and exchanges. */
const LAYOUT = /[\s,;()'"`]+/g;

/** Layout and comments that are nobody else's: in front of the unit, and in it but in none of its units. */
function trivia({ text, unit }: Placed): string {
  if (unit.children.length === 0) return unit.hashes.text;
  return ownSpans(unit)
    .map((span) => text.slice(...span).trim())
    .join("\n");
}

const ownSpans = (unit: Unit): Span[] => [
  unit.gap,
  [unit.span[0], unit.parts.body?.[0] ?? unit.span[1]],
  ...stretches(unit).slice(-1),
];

/** The stretches of a body between its units: the gaps of those that are in it, and its tail. */
function stretches({ span, children, parts }: Unit): Span[] {
  const end = children.at(-1)?.span[1] ?? parts.body?.[0] ?? span[1];
  return [...children.map(({ gap }) => gap), [end, span[1]]];
}
