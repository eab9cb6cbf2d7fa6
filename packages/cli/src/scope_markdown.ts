import { counted } from "@dgov/governor/counted";
import type { ReportedSymbol, ScopeReport } from "@dgov/governor/scope_report";
import { cell, code } from "./markdown.ts";
import { authorWords, didWords, useWords } from "./scope_text.ts";

const USES_SHOWN = 20;

/** A report as a comment of a pull request: a table of the symbols, and who refers to each, folded away. */
export function scopeMarkdown({ range, symbols, unknown, risk }: ScopeReport): string {
  const files = new Set(symbols.map(({ path }) => path));
  const rows = symbols.map((symbol) =>
    [
      code(`${symbol.path}::${symbol.symbol}`),
      cell(didWords(symbol)),
      cell(authorWords(symbol).replace(/^, /, "")) || "–",
      referenceCount(symbol),
      symbol.risk.level,
    ].join(" | "),
  );
  return [
    `### Symbols changed in ${code(range)}`,
    `${counted(symbols.length, "symbol")} in ${counted(files.size, "file")}, risk **${risk}**.`,
    ...(rows.length === 0
      ? []
      : [
          ["symbol | change | by | references | risk", "--- | --- | --- | --: | ---", ...rows]
            .map((row) => `| ${row} |`)
            .join("\n"),
        ]),
    ...symbols.filter(({ uses, risk: own }) => uses.length > 0 || own.with.length > 0).map(details),
    ...(unknown.length === 0
      ? []
      : [
          ["Of these nothing is known:", "", ...unknown.map(({ path, why }) => `- ${code(path)}: ${cell(why)}`)].join(
            "\n",
          ),
        ]),
  ].join("\n\n");
}

function details({ path, symbol, uses, uses_more, risk }: ReportedSymbol): string {
  const shown = uses.slice(0, USES_SHOWN);
  const rest = uses.length - shown.length + uses_more;
  return [
    `<details><summary>${cell(`${path}::${symbol}`)}</summary>`,
    "",
    ...risk.with.map(({ task, level, why }) => `- **risk ${level}**: ${cell(`${task} ${why}`)}`),
    ...shown.map((use) => `- ${cell(useWords(use))}`),
    ...(rest > 0 ? [`- … and ${rest} more`] : []),
    "",
    "</details>",
  ].join("\n");
}

const referenceCount = ({ uses, uses_more }: ReportedSymbol): string => `${uses.length + uses_more}`;
