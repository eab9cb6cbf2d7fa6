import { lineOf, lineStarts } from "../lines.ts";
import { openLinker } from "../linker/linker.ts";
import type { RulesOf } from "../linker/rules.ts";
import type { Read, Summary } from "../summary.ts";
import type { TreeView } from "../tree_view.ts";
import { type Sure, sureOf, type Target } from "./sure.ts";

export type { Sure, Target };

/**
 * One line that refers to a symbol. `unit`: the key of the unit around it; "": the module itself.
 *
 * `how`  `string`: a dotted text that names it; `name`: the word alone stands there, behind a dot
 */
export type Use = {
  path: string;
  line: number;
  unit: string;
  how: "call" | "read" | "import" | "string" | "name";
  sure: Sure;
};

/**
 * Who refers to each of some symbols, among files that have their names in them; what a symbol says of itself is left
 * out. A symbol that is gone from the tree is referred to by whoever still looks for it where it was. Its view may answer
 * that it has not loaded something: then it is asked again, see `TreeView`.
 *
 * @param paths where to look; more may be asked for on the way
 * @returns for each target, in their order, one use a line, by path and line
 */
export function usesOf(
  view: TreeView,
  rulesOf: RulesOf,
  { targets, paths }: { targets: readonly Target[]; paths: readonly string[] },
): Use[][] {
  const linker = openLinker(view, rulesOf);
  const found = targets.map((): Map<string, Use> => new Map());
  const add = (at: number, use: Use) => {
    const uses = found[at];
    const key = `${use.path} ${use.line}`;
    const known = uses?.get(key);
    if (uses && (known === undefined || rank(use) < rank(known))) uses.set(key, use);
  };
  for (const path of paths) {
    const file = view.file(path);
    if (file === null || "unknown" in file) continue;
    const lines = lineStarts(file.text);
    for (const [at, target] of targets.entries()) {
      if (!file.text.includes(nameOf(target))) continue;
      const sure: Judge = (asked) => sureOf(linker, path, target, asked);
      const used = usesIn(file, { name: nameOf(target), sure }).filter(({ unit }) => !isWithin(target, path, unit));
      used.forEach(
        (one) => void add(at, { path, line: lineOf(lines, one.at), unit: one.unit, how: one.how, sure: one.sure }),
      );
    }
  }
  return found.map((uses) => [...uses.values()].sort(byPlace));
}

/** The word that stands where a symbol is used: the last part of its key, without the number among those of its name. */
export const nameOf = ({ key }: Target): string => (/(?:^|\.)([^.]+)$/.exec(key)?.[1] ?? key).replace(/#\d+$/, "");

/** What a symbol says of itself is no use of it. */
const isWithin = ({ path: own, key }: Target, path: string, unit: string): boolean =>
  path === own && (unit === key || unit.startsWith(`${key}.`));

type Judge = (asked: Parameters<typeof sureOf>[3]) => Sure | null;
type Known = { summary: Summary; text: string };
type Found = { unit: string; at: number; how: Use["how"]; sure: Sure };

function usesIn({ summary, text }: Known, { name, sure }: { name: string; sure: Judge }): Found[] {
  const aliases = summary.imports.flatMap(({ names }) => (Array.isArray(names) ? names : []));
  const words = new Set([name, ...aliases.filter((one) => one.name === name).map(({ alias }) => alias)]);
  const calls = new Set(summary.calls.map(({ unit, span, callee }) => wordsAt(unit, span[0], callee)));
  const imports = summary.imports.flatMap(({ names, module, unit, span, time }): Found[] => {
    const named = Array.isArray(names) && names.some((one: { name: string }) => one.name === name);
    const how_sure = named ? sure({ origin: { module, name }, time }) : null;
    return how_sure === null ? [] : [{ unit, at: atWord(text, span, name), how: "import", sure: how_sure }];
  });
  const reads = summary.reads.flatMap((read): Found[] => {
    const parts = [read.name, ...read.members];
    const ends = parts.flatMap((part, at) => (words.has(part) && (at > 0 || plainRead(read)) ? [at] : []));
    const judged = ends.map((at) => sure({ read: { ...read, members: read.members.slice(0, at) }, time: read.time }));
    const best = judged.filter((one) => one !== null).sort((a, b) => SURE.indexOf(a) - SURE.indexOf(b))[0];
    const how = calls.has(wordsAt(read.unit, read.span[0], read)) ? "call" : "read";
    return best === undefined ? [] : [{ unit: read.unit, at: read.span[0], how, sure: best }];
  });
  const strings = summary.strings.flatMap(({ text: said, unit, span }): Found[] => {
    const [, module = "", last] = /^(.*)[.:](.*)$/.exec(said) ?? [];
    const meant = last === name ? sure({ origin: { module, name }, time: "run" }) : null;
    return meant === null ? [] : [{ unit, at: span[0], how: "string", sure: meant === "resolved" ? "likely" : meant }];
  });
  return [...imports, ...reads, ...strings, ...bareNames(summary, text, name)];
}

const SURE: readonly Sure[] = ["resolved", "likely", "name only"];
const HOW: readonly Use["how"][] = ["call", "read", "import", "string", "name"];
const rank = ({ sure, how }: Use): number => SURE.indexOf(sure) * HOW.length + HOW.indexOf(how);

const plainRead = ({ self, instance }: Read): boolean => self === null && instance === null;

/** A read that is called is told by its place and its words: both are there. */
const wordsAt = (unit: string, at: number, { name, members }: Pick<Read, "name" | "members">): string =>
  `${unit} ${at} ${[name, ...members].join(".")}`;

/** Behind a dot of which nobody knows what it is on: a line on which a read or a text was followed is not among them. */
function bareNames({ reads, strings, units }: Summary, text: string, name: string): Found[] {
  const judged = [...reads.filter(({ members }) => members.includes(name)), ...strings];
  const followed = new Set(judged.map(({ span }) => lineEnd(text, span[0])));
  const pattern = new RegExp(`(?:\\.|::|->)\\s*(${RegExp.escape(name)})(?![\\p{ID_Continue}$])`, "gu");
  return [...text.matchAll(pattern)].flatMap((match): Found[] => {
    const at = match.index + match[0].length - name.length;
    if (followed.has(lineEnd(text, at))) return [];
    return [{ unit: unitAt(units, at), at, how: "name", sure: "name only" }];
  });
}

function unitAt(units: Summary["units"], at: number): string {
  const around = units.find(({ span }) => span[0] <= at && at < span[1]);
  if (around === undefined) return "";
  return unitAt(around.children, at) || around.key;
}

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
};

const atWord = (text: string, [start, end]: readonly [number, number], word: string): number =>
  start + Math.max(0, text.slice(start, end).search(new RegExp(`(?<![\\w$])${RegExp.escape(word)}(?![\\w$])`)));

const byPlace = (a: Use, b: Use): number => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1);
