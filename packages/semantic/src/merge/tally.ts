import type { Binding, Summary } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { counted, unaccounted } from "./conservation.ts";
import { SOURCES, slice, type Three, three } from "./piece.ts";
import type { Claim } from "./prove.ts";

/** How often something is in each of the three texts, and in the result. */
type Tally = Three<ReadonlyMap<string, number>> & { merged: ReadonlyMap<string, number> };

/**
 * What is in the result more often or more seldom than both sides together can have meant, wherever it stands: what they
 * added is there, what they took away is not. null: there is no such thing.
 */
export function miscounted({ base, left, right, merged }: Tally): string | null {
  for (const item of new Set([...base.keys(), ...left.keys(), ...right.keys(), ...merged.keys()])) {
    const was = base.get(item) ?? 0;
    const [ours, theirs] = [(left.get(item) ?? 0) - was, (right.get(item) ?? 0) - was];
    const is = (merged.get(item) ?? 0) - was;
    const both = ours + theirs;
    const [least, most] =
      ours > 0 && theirs > 0
        ? [Math.max(ours, theirs), both]
        : ours < 0 && theirs < 0
          ? [both, Math.min(ours, theirs)]
          : [both, both];
    if (is < least || is > most) return item;
  }
  return null;
}

/**
 * Every word but those of imports, which may be cut in two: in code, in comments and in texts. Where the count is off, for
 * both sides did in part the same, what each side changed is compared word by word.
 */
export function wordLost({ texts, summaries, merged }: Claim): string | null {
  const of = (text: string, summary: Summary) => withoutImports(text, summary.units).match(WORDS) ?? [];
  const known = three((from) => of(texts[from], summaries[from]));
  const all = { ...known, merged: of(merged.text, merged.summary) };
  if (miscounted({ ...three((from) => counted(known[from])), merged: counted(all.merged) }) === null) return null;
  const off = unaccounted(all);
  return off === null ? null : `the word "${off}" is not there as often as both sides have it`;
}

const WORDS = /[\p{L}\p{N}_$]+/gu;

/**
 * The names that are imported, by however many statements and from wherever: one that a side no longer imports does not
 * come back because the other side imports it from another place now.
 */
export function importLost({ texts, summaries, merged, entries }: Claim): string | null {
  const written = (text: string, { units }: Summary) =>
    units.filter(({ kind }) => kind === "import").map(({ span }) => slice(text, span));
  const all = [...SOURCES.map((from) => written(texts[from], summaries[from])), written(merged.text, merged.summary)];
  const counts = all.map(counted);
  const same = (code: string) => counts.every((own) => own.get(code) === counts[0]!.get(code));
  const names = new Map<string, readonly string[]>();
  const namesIn = (code: string) => {
    const known = names.get(code) ?? entries(code);
    names.set(code, known);
    return known;
  };
  const [base, left, right, is] = all.map((own) => counted(own.filter((code) => !same(code)).flatMap(namesIn)));
  const off = miscounted({ base: base!, left: left!, right: right!, merged: is! });
  return off === null ? null : `the import of "${off}" is not there as often as both sides have it`;
}

/** A name that imports bind to several things, where neither side had that. */
export function boundTwice({ whole, merged }: Claim): string | null {
  const of = ({ bindings }: Summary) => counted(bindings.filter(({ kind }) => kind === "import").map(bindingKey));
  const twice = [...of(merged.summary)].filter(([, count]) => count > 1);
  if (twice.length === 0) return null;
  const [left, right] = [of(whole("left")), of(whole("right"))];
  const off = twice.find(([key, count]) => count > Math.max(left.get(key) ?? 0, right.get(key) ?? 0));
  return off === undefined ? null : `"${off[0].split(" ")[0]}" would be imported twice`;
}

const bindingKey = ({ name, guards }: Binding) => `${name} ${guards.join(" ")}`;

function withoutImports(text: string, units: readonly Unit[]): string {
  let rest = "";
  let at = 0;
  for (const { kind, span } of units) {
    if (kind !== "import") continue;
    rest += `${text.slice(at, span[0])} `;
    at = span[1];
  }
  return rest + text.slice(at);
}
