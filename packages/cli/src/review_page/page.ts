import type { PlanPage, PlanReview } from "@dgov/governor/plan_page";
import { sayWhole } from "@dgov/governor/whole_text";
import { clock } from "../live.ts";
import { costTable } from "./cost_table.ts";
import { documentOf } from "./document.ts";
import { drawDag, drawTimeline } from "./drawings.ts";
import { html, type Markup } from "./markup.ts";
import { drawnOf, renderTask } from "./task.ts";

/** A review as one file that needs nothing beside it. All that models, commands and plans have said is escaped. */
export function renderPage({ review, after, timeline, cost }: PlanPage): string {
  const tasks = review.units.map(drawnOf);
  return documentOf(
    `Plan ${review.plan}`,
    html`<header><h1>Plan ${review.plan}</h1>
${header(review)}</header>
${whole(review)}
<h2>Tasks</h2>
<div class="wide">${drawDag(tasks, after)}</div>
${timeline === null ? null : html`<h2>When</h2>\n${drawTimeline(timeline, tasks)}`}
${cost === null || cost.total.calls === 0 ? null : html`<h2>Cost</h2>\n${costTable("model", cost)}`}
<h2>Task by task</h2>
${review.units.map((unit, at) => renderTask(unit, { drawn: tasks[at]!, currency: cost?.currency ?? "USD" }))}`,
  );
}

/** What all gates say of the head that the run leaves. */
function whole({ whole: head }: PlanReview): Markup | null {
  if (head === null) return null;
  if (head.verdict === "pass")
    return html`<h2 class="deployed">All of it together</h2>\n<p>Every gate passes on <code>${head.head.slice(0, 8)}</code>.</p>`;
  return html`<h2 class="failed">All of it together</h2>\n${sayWhole(head).map((line) => html`<p>${line}</p>\n`)}`;
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
