import type { RunReport } from "@dgov/governor/report";
import { paint, plain } from "../ansi.ts";
import { cell, table } from "../markdown.ts";
import { columns } from "../print.ts";
import { type Section, sectionsOf } from "./sections.ts";

/** A report for a terminal. */
export const reportText = (report: RunReport): string => sectionsOf(report).map(partOf).join("\n\n");

function partOf({ title, good, said, heads, rows }: Section): string {
  const name = plain(title);
  const shown = rows.map((row) => row.map(plain));
  return [
    good === null ? name : paint(good ? "green" : "red", name),
    ...said.map((line) => `  ${plain(line)}`),
    ...(rows.length === 0 ? [] : [columns([[...heads], ...shown], "  ")]),
  ].join("\n");
}

/** A report as Markdown, for a pull request or a page of a wiki. */
export const reportMarkdown = (report: RunReport): string => {
  const parts = sectionsOf(report).map(({ title, depth, said, heads, rows }) =>
    [
      `${"#".repeat(depth + 1)} ${cell(title)}`,
      said.map((line) => `- ${cell(line)}`).join("\n"),
      table(
        heads,
        rows.map((row) => row.map(cell)),
      ),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
  );
  return `${[`# Report on the plan ${cell(report.account.plan)}`, ...parts].join("\n\n")}\n`;
};
