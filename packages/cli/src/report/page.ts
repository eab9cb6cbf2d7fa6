import type { RunReport } from "@dgov/governor/report";
import { documentOf } from "../review_page/document.ts";
import { html, type Markup } from "../review_page/markup.ts";
import { type Section, sectionsOf } from "./sections.ts";

/** A report as one file that needs nothing beside it. All that models, commands and plans have said is escaped. */
export function reportPage(report: RunReport): string {
  const { plan, run } = report.account;
  return documentOf(
    `Report on ${plan}`,
    html`<header><h1>Report on the plan ${plan}</h1>
<p class="soft">Run ${run}</p></header>
${sectionsOf(report).map(partOf)}`,
  );
}

const LOOKS = new Map<Section["good"], string>([
  [true, "deployed"],
  [false, "failed"],
  [null, ""],
]);

function partOf({ title, depth, good, said, heads, rows }: Section): Markup {
  const look = LOOKS.get(good) ?? "";
  const head = depth === 1 ? html`<h2 class="${look}">${title}</h2>` : html`<h3 class="${look}">${title}</h3>`;
  const words = said.map((line) => html`<p>${line}</p>\n`);
  return html`${head}
${words}${rows.length === 0 ? null : tableOf(heads, rows)}`;
}

const tableOf = (heads: Section["heads"], rows: Section["rows"]): Markup => html`<div class="wide"><table>
<tr>${heads.map((name) => html`<th>${name}</th>`)}</tr>
${rows.map((row) => html`<tr>${row.map((value) => html`<td>${value}</td>`)}</tr>\n`)}</table></div>
`;
