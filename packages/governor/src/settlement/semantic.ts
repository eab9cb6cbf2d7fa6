import type { Finding as KernelFinding } from "@dgov/kernel";
import type { FilePlace, Finding, Judgement as Judged } from "@dgov/semantic";
import type { Brought } from "../git/brought.ts";
import type { MergedTrees, MergeWords, Symbols } from "../semantic/symbols.ts";
import { type Gate, type Judgement, pass, reject } from "./gate.ts";

/** Four trees of a merge, what is known of it besides, and which task brought a path to the target. */
export type MergedCandidate = {
  symbols: Pick<Symbols, "judge">;
  trees: MergedTrees;
  words: MergeWords;
  /** Who changed what on the target since the base. */
  brought: () => Promise<Brought>;
};

/**
 * Whether the work and what has landed meanwhile still fit together where git found nothing to say: judged by symbols, on
 * the merged tree against both of its parents. What nobody can merge or what is surely broken is refused; the rest is told.
 */
export const semanticGate: Gate<MergedCandidate> = {
  name: "semantic",
  async check({ symbols, trees, words, brought }) {
    const judged = await symbols.judge(trees, words);
    return judgementOf(judged, judged.findings.length > 0 ? await brought() : new Map());
  },
};

function judgementOf({ verdict, findings, unchecked }: Judged, brought: Brought): Judgement {
  const told = findings.map((finding) => kernelFinding(finding, brought));
  if (verdict === "conflict" || verdict === "block") {
    const grave = findings.flatMap((finding, at) => (isGrave(finding) && told[at] ? [told[at]] : []));
    return reject("semantic", grave);
  }
  const blind = unchecked.map(
    ({ path, why }): KernelFinding => ({
      code: "symbols_unknown",
      message: `"${path}" was merged by its lines alone: ${why}`,
      path,
    }),
  );
  return { ...pass, findings: [...told, ...blind] };
}

const isGrave = ({ verdict }: Finding): boolean => verdict === "conflict" || verdict === "block";

/**
 * The sentence, the tasks of the other side where some are known, the lines of both sides, and the mend where it needs no
 * thought.
 */
function kernelFinding({ kind, sentence, place, causes, fix }: Finding, brought: Brought): KernelFinding {
  const theirs = causes.flatMap((cause) => (cause.side === "left" ? [cause.place] : []));
  const paths = theirs.map(({ path }) => path);
  const mend = fix === null ? "" : `; ${fix.sentence}`;
  return {
    code: kind,
    message: `${sentence}${tasksOf(brought, ...paths)}${linesOf(place, theirs)}${mend}`,
    ...(place === null ? {} : { path: place.path, line: place.lines[0] }),
  };
}

/** Where it shows, against where the other side did what it comes of; "": one of them is nowhere. */
function linesOf(place: FilePlace | null, theirs: readonly FilePlace[]): string {
  if (place === null || theirs.length === 0) return "";
  return `, ${rangeOf(place)} against ${[...new Set(theirs.map(rangeOf))].slice(0, PLACES_MAX).join(", ")}`;
}

const PLACES_MAX = 4;
const rangeOf = ({ path, lines: [first, last] }: FilePlace): string =>
  first === last ? `${path}:${first}` : `${path}:${first}-${last}`;

/** In words, the tasks that changed these paths on the target; "": none did. */
export function tasksOf(brought: Brought, ...paths: readonly string[]): string {
  const tasks = new Set(paths.flatMap((path) => [...(brought.get(path) ?? [])]).filter((task) => task !== ""));
  return tasks.size === 0 ? "" : ` (landed by ${[...tasks].map((task) => `"${task}"`).join(", ")})`;
}
