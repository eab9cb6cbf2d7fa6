import { stripVTControlCharacters } from "node:util";
import type { Complaint } from "./complaint.ts";

/**
 * How checkers write a complaint on one line, the more exact forms first. `grade` and `rule` are not in all of them; words
 * may follow on indented lines.
 */
const PLACED: readonly RegExp[] = [
  // tsc                            path(line,column): error TS2322: words
  /^(?<path>[^\s()][^()]*)\((?<line>\d+),(?<column>\d+)\):\s*(?:(?<grade>error|warning) (?<rule>TS\d+): )?(?<words>.+)$/,
  // tsc --pretty                   path:line:column - error TS2322: words
  /^(?<path>[^\s:]+):(?<line>\d+):(?<column>\d+) - (?<grade>error|warning) (?<rule>TS\d+): (?<words>.+)$/,
  // pyright                          path:line:column - error: words (rule)
  /^\s+(?<path>\S[^:]*):(?<line>\d+):(?<column>\d+) - (?<grade>error|warning|information): (?<words>.+)$/,
  // ty --output-format=concise     path:line:column: error[rule] words
  /^(?<path>[^\s:][^:]*):(?<line>\d+):(?<column>\d+): (?<grade>error|warning|info)\[(?<rule>[\w-]+)\] (?<words>.+)$/,
  // mypy                           path:line:column: error: words  [rule]
  /^(?<path>[^\s:][^:]*):(?<line>\d+):(?:(?<column>\d+):)? (?<grade>error|warning|note): (?<words>.*?)(?: {2}\[(?<rule>[\w-]+)\])?$/,
  // go vet, of what does not compile      vet: path:line:column: words
  /^vet: (?<path>[^\s:][^:]*):(?<line>\d+):(?<column>\d+): (?<words>.+)$/,
  // go vet, golangci-lint, gcc, grep, and whoever else begins with a place
  /^\s*(?<path>[^\s:()][^:()]*):(?<line>\d+)(?::(?<column>\d+))?(?:-\d+(?::\d+)?)?[:\s]+(?<words>(?!\d+$).+)$/,
];
/** rustc, clippy, ty: the words stand above the place. */
const HEADING = /^(?<grade>error|warning)(?:\[(?<rule>[^\]]+)\])?:?\s*(?<words>.*)$/;
/** ruff: with a rule and no grade. */
const RULED = /^(?<rule>[A-Z]+\d{3,}|invalid-syntax):? (?:\[\*\] )?(?<words>.+)$/;
const ARROW = /^\s*-->\s*(?<path>.+?):(?<line>\d+):(?<column>\d+)\s*$/;
/** eslint: below a line that is the path. */
const STYLISH =
  /^\s+(?<line>\d+):(?<column>\d+)\s+(?<grade>error|warning)\s+(?<words>.+?)(?:\s{2,}(?<rule>[@\w][\w@/.-]*))?$/;
const PATH = /^(?<path>\S.*\.\w+)$/;
const FOLLOWS = /^\s{2,}(?<words>\S.*)$/;

type Groups = Record<string, string | undefined>;
type Heading = { groups: Groups; line: string; told: boolean };

/**
 * What a checker says for people, as complaints: those that have a place, and errors that have none. Where there is
 * neither, every line that is not blank.
 */
export function complaintsIn(text: string): Complaint[] {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trimEnd());
  const found: Complaint[] = [];
  const at: { heading: Heading | null; file: string; last: Complaint | null } = { heading: null, file: "", last: null };
  const loose = () => {
    const { heading } = at;
    if (heading && !heading.told && heading.groups.grade === "error") found.push(wordsAlone(heading.line));
    at.heading = null;
  };
  for (const line of lines) {
    const placed = placeOf(line, at);
    if (placed !== null) {
      at.last = placed.grade === null ? null : complaint(placed.groups, placed.grade);
      if (at.last) found.push(at.last);
      continue;
    }
    if (at.last !== null && follow(at.last, line)) continue;
    at.last = null;
    at.file = PATH.exec(line)?.groups?.path ?? (line === "" ? "" : at.file);
    const groups = HEADING.exec(line)?.groups ?? RULED.exec(line)?.groups;
    if (!groups) continue;
    loose();
    at.heading = { groups, line, told: false };
  }
  loose();
  return found.length > 0 ? found : lines.filter((line) => line !== "").map(wordsAlone);
}

type Placed = { groups: Groups; grade: Complaint["grade"] | null };

/** The complaint that a line places, or null. A `grade` of null: a note, which goes with another one. */
function placeOf(line: string, at: { heading: Heading | null; file: string }): Placed | null {
  const arrow = ARROW.exec(line)?.groups;
  const { heading } = at;
  if (arrow) {
    if (heading?.told) return { groups: arrow, grade: null }; // a further place of the same complaint
    if (heading) heading.told = true;
    return { groups: { ...heading?.groups, ...arrow }, grade: gradeOf(heading?.groups.grade) };
  }
  const stylish = at.file === "" ? undefined : STYLISH.exec(line)?.groups;
  if (stylish) return { groups: { ...stylish, path: at.file }, grade: gradeOf(stylish.grade) };
  const groups = PLACED.map((pattern) => pattern.exec(line)?.groups).find(Boolean);
  return groups
    ? { groups, grade: gradeOf(groups.grade ?? /^(?:error|warning|note)\b/.exec(groups.words ?? "")?.[0]) }
    : null;
}

function gradeOf(word: string | undefined): Complaint["grade"] | null {
  if (word === "note" || word === "info" || word === "information") return null;
  return word === "warning" ? "warning" : "error";
}

/** Biome draws a line to the edge of the terminal behind its words. */
const RULER = /(?:\s+FIXABLE)?\s*━+$/;
/** Pyright's rule stands at the end of the last line. */
const RULE_AT_END = /^(?<words>.*) \((?<rule>report\w+)\)$/s;

function complaint({ path = "", line, column, rule, words = "" }: Groups, grade: Complaint["grade"]): Complaint {
  const ruled = RULE_AT_END.exec(words)?.groups;
  return {
    path,
    line: Number(line),
    column: column === undefined ? null : Number(column),
    rule: rule ?? ruled?.rule ?? null,
    message: (ruled?.words ?? words).replace(RULER, "").trim(),
    grade,
  };
}

/** Takes an indented line to the words before it. What draws code under a complaint is not its words. */
function follow(last: Complaint, line: string): boolean {
  const { words } = FOLLOWS.exec(line)?.groups ?? {};
  if (words === undefined || /^[\d\s|~^=┆│>-]/.test(words)) return false;
  const ruled = RULE_AT_END.exec(words)?.groups;
  last.message += `${last.message.endsWith(".") ? "" : ":"} ${ruled?.words ?? words}`;
  last.rule ??= ruled?.rule ?? null;
  return true;
}

const wordsAlone = (message: string): Complaint => ({
  path: null,
  line: null,
  column: null,
  rule: null,
  message,
  grade: "error",
});
