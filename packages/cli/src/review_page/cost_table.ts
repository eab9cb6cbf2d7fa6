import type { Cost } from "@dgov/governor/plan_page";
import { sayCost } from "../cost_text.ts";
import { html, type Markup } from "./markup.ts";

/** What calls cost, row by row and in all. `key`: what the rows are. */
export function costTable(key: string, { rows, total, currency }: Pick<Cost, "rows" | "total" | "currency">): Markup {
  const figures = (row: Cost["total"]) =>
    html`${[row.calls, row.input_tokens, row.cached_tokens, row.output_tokens].map((figure) => html`<td class="number">${figure}</td>`)}<td class="number">${sayCost(row, currency)}</td>`;
  return html`<div class="wide"><table>
<tr><th>${key}</th>${["calls", "input", "of it cached", "output", "cost"].map((name) => html`<th class="number">${name}</th>`)}</tr>
${rows.map((row) => html`<tr><td>${row.key}</td>${figures(row)}</tr>\n`)}<tr><th>all</th>${figures(total)}</tr>
</table></div>`;
}
