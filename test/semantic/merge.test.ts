import { expect, test } from "bun:test";
import fc from "fast-check";
import { analyse } from "../../packages/semantic/src/analyse.ts";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { languageOf } from "../../packages/semantic/src/language.ts";
import { mergeSources } from "../../packages/semantic/src/merge/merge.ts";
import type { Three } from "../../packages/semantic/src/merge/piece.ts";
import { type CorpusFile, pythonLibrary, sampleOf, scripts } from "./corpus.ts";
import { miscounted, wordsIn } from "./merge_oracle.ts";
import { DEEDS, editSymbols, PYTHON, type SymbolEdit, TYPESCRIPT, type Writing } from "./symbol_edits.ts";

const grammars = await openGrammars();
/** RUNS=1000 is for a look at a change of the merge itself. */
const RUNS = Number(process.env.RUNS ?? 25);

type File = { text: string; path: string; units: Units; writing: Writing };
type Units = Extract<ReturnType<typeof analyse>, { units: unknown }>["units"];

const merge = (path: string, texts: Three<string>) =>
  mergeSources(
    {
      grammar: grammars.grammar(languageOf(grammars, path, texts.base)!),
      summary: (text, depth) => analyse(grammars, path, text, depth),
    },
    texts,
  );

/** Files that parse, and of a size at which many can be tried. */
function filesOf(all: readonly CorpusFile[], writing: Writing): File[] {
  return all.flatMap(({ path, text }) => {
    if (text.length > 40_000 || text.includes("\r") || languageOf(grammars, path, text) === null) return [];
    const summary = analyse(grammars, path, text);
    if ("unknown" in summary || summary.faults.length > 0) return [];
    return [{ path, text, units: summary.units, writing }];
  });
}

const files = [
  ...filesOf(sampleOf(pythonLibrary() ?? [], 60), PYTHON),
  ...filesOf(sampleOf(scripts(), 60), TYPESCRIPT),
];

const sides = fc.constantFrom("left" as const, "right" as const);
const edit = fc.record({ side: sides, does: fc.constantFrom(...DEEDS), at: fc.nat(200), to: fc.nat(200) });
const edits: fc.Arbitrary<SymbolEdit[]> = fc.array(edit, { minLength: 2, maxLength: 6 });
const number = fc.nat(files.length - 1); // of a file: a counterexample can be read then

/** Three texts that parse, and what was done; null: the edits broke one of them. */
function edited(at: number, all: readonly SymbolEdit[]) {
  const { path, text, units, writing } = files[at]!;
  const made = editSymbols(text, units, writing, all);
  for (const own of [made.left, made.right]) {
    const summary = analyse(grammars, path, own);
    if ("unknown" in summary || summary.faults.length > 0) return null;
  }
  return { path, made, texts: { base: text, left: made.left, right: made.right } };
}

/** The same, all of it done by one side; a choice of edits that breaks the text is no case. */
function editedOnTheLeft(at: number, all: readonly SymbolEdit[]) {
  const known = edited(
    at,
    all.map((own) => ({ ...own, side: "left" })),
  );
  fc.pre(known !== null);
  return known!;
}

/** The text of a merge that has to be possible. */
function mergedText(path: string, texts: Three<string>): string {
  const found = merge(path, texts);
  if (found.did === "merged") return found.text;
  const why = found.did === "refused" ? found.reason : found.conflicts.map(({ sentence }) => sentence).join("; ");
  throw new Error(`${path} was not merged: ${why}`);
}

/** What an import that is cut in two has once more. */
const WRITTEN_TWICE = /^(import|from|type|export|const)$/;

test("edits of different symbols are merged, all of both sides is there, and nothing else", () => {
  const law = (at: number, all: SymbolEdit[]) => {
    const known = edited(at, all);
    fc.pre(known !== null);
    const { path, made, texts } = known!;
    const text = mergedText(path, texts);
    const say = `${path} ${JSON.stringify(made.done)}`;
    const words = new Set(wordsIn(text));
    expect({ say, lost: made.marks.filter((mark) => !words.has(mark)) }).toEqual({ say, lost: [] });
    const back = made.gone.filter(
      (own) => text.includes(own) && !texts.left.includes(own) && !texts.right.includes(own),
    );
    expect({ say, back }).toEqual({ say, back: [] });
    const off = miscounted({ ...texts, merged: text }, wordsIn, WRITTEN_TWICE);
    expect({ say, off }).toEqual({ say, off: [] });
    const swapped = mergedText(path, { base: texts.base, left: texts.right, right: texts.left });
    expect(wordsIn(swapped).sort().join(" ")).toBe(wordsIn(text).sort().join(" "));
  };
  fc.assert(fc.property(number, edits, law), { numRuns: RUNS });
}, 600_000);

test("what both sides do alike is there once", () => {
  const law = (at: number, all: SymbolEdit[]) => {
    const { path, texts } = editedOnTheLeft(at, all);
    expect(mergedText(path, { ...texts, right: texts.left })).toBe(texts.left);
  };
  fc.assert(fc.property(number, edits, law), { numRuns: RUNS });
}, 600_000);

/** The same text in other clothes. */
const CLOTHES: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  windows: (text) => text.replaceAll("\n", "\r\n"),
  mark: (text) => `\u{feff}${text}`,
  "windows and mark": (text) => `\u{feff}${text.replaceAll("\n", "\r\n")}`,
  "no end": (text) => text.replace(/\n+$/, ""),
  tabs: (text) => text.replace(/^( {4})+/gm, (all) => "\t".repeat(all.length / 4)),
  "mixed ends": (text) => text.replace(/\n/g, (end, at: number) => (at % 3 === 0 ? "\r\n" : end)),
};

test.each(Object.keys(CLOTHES))(
  "where one side changed nothing, the other's text stands to the byte: %s",
  (name) => {
    const law = (at: number, all: SymbolEdit[]) => {
      const { path, texts } = editedOnTheLeft(at, all);
      const [base, left] = [CLOTHES[name]!(texts.base), CLOTHES[name]!(texts.left)];
      if (merge(path, { base, left, right: base }).did === "refused") return; // tabs may make it another text
      expect([
        mergedText(path, { base, left, right: base }),
        mergedText(path, { base, left: base, right: left }),
      ]).toEqual([left, left]);
    };
    fc.assert(fc.property(number, edits, law), { numRuns: Math.ceil(RUNS / 6) });
  },
  600_000,
);

test("two edits of one line of a symbol are refused, and the symbol is named", () => {
  const law = (at: number, to: number) => {
    const one = (side: "left" | "right"): SymbolEdit => ({ side, does: "edit", at: to, to });
    const [left, right] = [edited(at, [one("left")]), edited(at, [one("right")])];
    fc.pre(left !== null && right !== null && left.made.done.length > 0);
    const found = merge(left!.path, { ...left!.texts, right: right!.texts.right });
    expect(found.did).toBe("conflict");
    if (found.did !== "conflict") return;
    expect(found.conflicts.map(({ key }) => key)).toEqual([left!.made.done[0]!.key]);
    expect(found.conflicts[0]!.sentence).toContain(left!.made.done[0]!.key);
  };
  fc.assert(fc.property(number, fc.nat(200), law), { numRuns: Math.ceil(RUNS / 2) });
}, 600_000);

test("what one side removed and the other changed is refused", () => {
  const law = (at: number, to: number) => {
    const [changed] = [edited(at, [{ side: "left", does: "edit", at: to, to }])];
    fc.pre(changed !== null && changed.made.done.length > 0);
    const { path, made, texts } = changed!;
    const unit = files[at]!.units.find(({ key }) => key === made.done[0]!.key);
    fc.pre(unit !== undefined);
    const right = texts.base.slice(0, unit!.gap[0]) + texts.base.slice(unit!.span[1]);
    const found = merge(path, { ...texts, right });
    expect(found.did === "conflict" ? found.conflicts.map(({ kinds }) => kinds[0]) : found.did).toEqual([
      "modify_delete",
    ]);
  };
  fc.assert(fc.property(number, fc.nat(200), law), { numRuns: Math.ceil(RUNS / 2) });
}, 600_000);
