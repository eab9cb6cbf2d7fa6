import { counted } from "@dgov/governor/counted";
import type { Level, ReportedSymbol, ScopeReport, Use } from "@dgov/governor/scope_report";
import { type Colour, paint, plain } from "./ansi.ts";

const USES_SHOWN = 8;
const COLOURS: Readonly<Record<Level, Colour>> = {
  none: "green",
  low: "cyan",
  medium: "yellow",
  high: "red",
  critical: "red",
};
export const SIGNS: Readonly<Record<ReportedSymbol["did"], string>> = {
  added: "+",
  removed: "-",
  edited: "~",
  moved: ">",
  renamed: ">",
};

/** A report for a terminal: each file with its symbols, and below each who refers to it. */
export function renderScope(view: ScopeReport): string {
  const { symbols, unknown, others, range, risk } = view;
  const files = new Set(symbols.map(({ path }) => path));
  const head = `${plain(range)}: ${counted(symbols.length, "symbol")} in ${counted(files.size, "file")}, risk ${paint(COLOURS[risk], risk)}`;
  return [
    head,
    ...[...files].map((path) => {
      const own = symbols.filter((symbol) => symbol.path === path);
      return [paint("bold", plain(path)), ...own.flatMap(renderSymbol)].join("\n");
    }),
    ...(unknown.length === 0
      ? []
      : [
          ["Of these nothing is known", ...unknown.map(({ path, why }) => `  ${plain(path)}: ${plain(why)}`)].join(
            "\n",
          ),
        ]),
    ...(others.length === 0
      ? []
      : [["Still to come", ...others.map(({ task, scored }) => `  ${plain(task)}${scoredWords(scored)}`)].join("\n")]),
  ].join("\n\n");
}

const scoredWords = (scored: Level | null): string => (scored === null ? "" : `: its last work had the risk ${scored}`);

function renderSymbol(symbol: ReportedSymbol): string[] {
  const { did, symbol: key, lines, uses, uses_more, unread, risk } = symbol;
  const shown = uses.slice(0, USES_SHOWN);
  const rest = uses.length - shown.length + uses_more;
  return [
    `  ${SIGNS[did]} ${plain(key)}  ${didWords(symbol)}, line ${lines[0]}${authorWords(symbol)}`,
    ...shown.map((use) => `      ${useWords(use)}`),
    ...(rest > 0 ? [`      … and ${rest} more`] : []),
    ...(unread > 0 ? [`      ${counted(unread, "file")} more with its name: not looked into`] : []),
    ...risk.with.map(
      ({ task, level, why }) => `      ${paint(COLOURS[level], `risk ${level}`)}: ${plain(task)} ${plain(why)}`,
    ),
  ];
}

/** What became of it, in words. */
export function didWords({ did, edited, was }: ReportedSymbol): string {
  const parts = edited.length > 0 && did !== "added" && did !== "removed" ? ` (${edited.join(", ")})` : "";
  return `${did}${was === null ? "" : ` from ${plain(was.symbol)}`}${parts}`;
}

/** By which task and under which claims. */
export function authorWords({ tasks }: ReportedSymbol): string {
  return tasks
    .map(({ task, claims, claimed }) => {
      const under = claims.length > 0 ? ` under ${claims.join(", ")}` : claimed === false ? " without a claim" : "";
      return `, by ${plain(task)}${plain(under)}`;
    })
    .join("");
}

const HOW: Readonly<Record<Use["how"], string>> = {
  call: "calls it",
  read: "refers to it",
  import: "imports it",
  string: "names it in a text",
  name: "has its name",
};

/** Who refers to it, and how sure that is. */
export function useWords({ path, line, unit, how, sure }: Use): string {
  const who = unit === "" || /\s/.test(unit) ? "" : ` ${plain(unit)}`;
  return `${plain(path)}:${line}${who} ${HOW[how]}${sure === "resolved" ? "" : ` (${sure})`}`;
}
