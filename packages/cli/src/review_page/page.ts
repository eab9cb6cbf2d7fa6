import type { Cost, PlanPage, PlanReview } from "@dgov/governor/plan_page";
import { sayCost } from "../cost_text.ts";
import { clock } from "../live.ts";
import { drawDag, drawTimeline } from "./drawings.ts";
import { html, type Markup } from "./markup.ts";
import style from "./style.css" with { type: "text" };
import { drawnOf, renderTask } from "./task.ts";

/**
 * A review as one file that needs nothing beside it: no script, no request, and a policy in it that would let none through.
 * All that models, commands and plans have said is escaped.
 */
export function renderPage({ review, after, timeline, cost }: PlanPage): string {
  const tasks = review.units.map(drawnOf);
  const own = new Bun.CryptoHasher("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${own}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plan ${review.plan}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header><h1>Plan ${review.plan}</h1>
${header(review)}</header>
<h2>Tasks</h2>
<div class="wide">${drawDag(tasks, after)}</div>
${timeline === null ? null : html`<h2>When</h2>\n${drawTimeline(timeline, tasks)}`}
${cost === null || cost.total.calls === 0 ? null : html`<h2>Cost</h2>\n${costTable(cost)}`}
<h2>Task by task</h2>
${review.units.map((unit, at) => renderTask(unit, { drawn: tasks[at]!, currency: cost?.currency ?? "USD" }))}</body>
</html>
`.markup;
}

function header({ run, run_status, last_run_ts, last_run_duration_s, source_dir, ...counts }: PlanReview): Markup {
  const told = (["deployed", "active", "failed", "pending"] as const).filter((key) => counts[key] > 0);
  const ran =
    run === null
      ? html`It was never run.`
      : html`Run ${run} is <strong>${run_status}</strong>. It began ${last_run_ts} and took ${clock(last_run_duration_s * 1000)}.`;
  return html`<p>${told.map((key, at) => html`${at === 0 ? "" : ", "}<span class="${key}">${counts[key]} ${key}</span>`)}. ${ran}</p>
<p class="soft">${source_dir}</p>
`;
}

/** By model: what each task cost is told with the task. */
function costTable({ rows, total, currency }: Cost): Markup {
  const figures = (row: Cost["total"]) =>
    html`${[row.calls, row.input_tokens, row.cached_tokens, row.output_tokens].map((figure) => html`<td class="number">${figure}</td>`)}<td class="number">${sayCost(row, currency)}</td>`;
  return html`<div class="wide"><table>
<tr><th>model</th>${["calls", "input", "of it cached", "output", "cost"].map((name) => html`<th class="number">${name}</th>`)}</tr>
${rows.map((row) => html`<tr><td>${row.key}</td>${figures(row)}</tr>\n`)}<tr><th>all</th>${figures(total)}</tr>
</table></div>`;
}
