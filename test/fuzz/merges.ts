import { analyse } from "../../packages/semantic/src/analyse.ts";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { languageOf } from "../../packages/semantic/src/language.ts";
import { mergeSources } from "../../packages/semantic/src/merge/merge.ts";
import type { Three } from "../../packages/semantic/src/merge/piece.ts";
import { pythonLibrary, sampleOf, scripts } from "../semantic/corpus.ts";
import { linesOf, miscounted, wordsIn } from "../semantic/merge_oracle.ts";

/** What became of so many merges. `slowest_ms`: of the processor, for one merge with all that is read for it. */
export type MergeTally = { merged: number; conflict: number; refused: number; slowest_ms: number };

const CHARS_MAX = 60_000;
const LIMIT_MS = 2_000;

type Chance = (below: number) => number;

/** Numbers that look like chance and are the same for one seed. */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Merges real files that both sides changed by chance: lines cut out, doubled, turned round, written anew, and then perhaps
 * the whole text cut off or put into other clothes. What is merged is counted by the oracle.
 *
 * @throws Error when a merge throws, takes over two seconds, or has lost or invented what a side changed
 */
export async function fuzzMerges(runs: number, seed: number): Promise<MergeTally> {
  const grammars = await openGrammars();
  const chance = chanceOf(seed);
  const files = [...sampleOf(pythonLibrary() ?? [], 300), ...sampleOf(scripts(), 300)].filter(
    ({ path, text }) => text.length < CHARS_MAX && languageOf(grammars, path, text) !== null,
  );
  const tally: MergeTally = { merged: 0, conflict: 0, refused: 0, slowest_ms: 0 };
  for (let run = 0; run < runs; run += 1) {
    const { path, text } = files[chance(files.length)]!;
    const texts = threeOf(text, chance);
    const grammar = grammars.grammar(languageOf(grammars, path, text)!);
    const started = process.cpuUsage();
    const found = mergeSources({ grammar, summary: (own) => analyse(grammars, path, own) }, texts);
    const { user, system } = process.cpuUsage(started); // of the processor: a loaded machine says nothing of the merge
    const took_ms = (user + system) / 1000;
    tally[found.did] += 1;
    tally.slowest_ms = Math.max(tally.slowest_ms, took_ms);
    const faults = took_ms > LIMIT_MS ? [`it took ${Math.round(took_ms)} ms`] : [];
    if (found.did === "merged") {
      const rules = new Set(found.decisions.map(({ rule }) => rule));
      faults.push(...lossesOf({ ...texts, merged: found.text }, rules));
    }
    if (faults.length > 0) throw new Error(`run ${run} of seed ${seed}, ${path}: ${faults.join("; ")}`);
  }
  return tally;
}

/** Units that are merged inside may have other lines than each side has; then every word is counted. */
const BY_WORD = ["layout", "entries", "same", "removed", "parts", "members"] as const;

function lossesOf(tried: Three<string> & { merged: string }, rules: ReadonlySet<string>): string[] {
  const words = miscounted(tried, wordsIn, /^(import|from|type|export|const)$/);
  const lines = BY_WORD.some((rule) => rules.has(rule)) ? [] : miscounted(tried, linesOf, /^[{}()[\],;]*$/);
  return [
    ...words.map((word) => `the word "${word}" is not there as often as it must be`),
    ...lines.map((line) => `the line "${line}" is not there as often as it must be`),
  ];
}

function threeOf(text: string, chance: Chance): Three<string> {
  const lines = text.split("\n");
  const base = chance(4) === 0 ? changed(lines, chance).join("\n") : text;
  const side = () => dressed(changed(base.split("\n"), chance).join("\n"), chance);
  return { base: chance(30) === 0 ? "" : base, left: side(), right: side() };
}

/** A few changes of whole lines, all within one stretch, so that what is cut out may be a whole definition. */
function changed(given: readonly string[], chance: Chance): string[] {
  const lines = [...given];
  for (let left = 1 + chance(2); left > 0; left -= 1) {
    const at = chance(lines.length + 1);
    const some = chance(4) > 0 ? blockAt(lines, at) : 1 + chance(4);
    const own = lines.slice(at, at + some);
    const made = [
      [],
      [...own, ...own],
      [...own].reverse(),
      own.map((line) => respelled(line, chance)),
      freshLines(own, chance),
    ];
    lines.splice(at, some, ...made[chance(made.length)]!);
    if (chance(4) === 0) lines.splice(chance(lines.length + 1), 0, ...own); // moved, or there twice
  }
  return lines;
}

/** How many lines there are up to the next one that is not further in. */
function blockAt(lines: readonly string[], at: number): number {
  const depth = (line = "") => /^\s*/.exec(line)![0].length;
  const next = lines.findIndex((line, own) => own > at && line.trim() !== "" && depth(line) <= depth(lines[at]));
  return next < 0 ? lines.length - at : next - at;
}

const respelled = (line: string, chance: Chance) =>
  line.replace(/\w+/g, (word) => (chance(5) === 0 ? `${word}${chance(10)}` : word));

const freshLines = (own: readonly string[], chance: Chance): string[] => [
  ...own,
  `${/^\s*/.exec(own[0] ?? "")![0]}fresh${chance(1_000_000)} = ${chance(9)}`,
];

function dressed(text: string, chance: Chance): string {
  const clothes = [
    () => text.replaceAll("\n", "\r\n"),
    () => `\u{feff}${text}`,
    () => text.slice(0, chance(text.length + 1)),
    () => text.slice(chance(text.length + 1)),
    () => text.replaceAll(/^( {4})+/gm, (all) => "\t".repeat(all.length / 4)),
    () => text.replace(/[a-z]/, "\u{1f600}"),
    () => text.replaceAll("\n", "\r"),
    () => text.replace(/\n/g, (end) => (chance(2) === 0 ? "\r\n" : end)),
    () => Buffer.from(text, "latin1").toString("utf8"),
    () => text.trimEnd(),
  ];
  return chance(12) === 0 ? clothes[chance(clothes.length)]!() : text;
}
