import type { HeldFinding, LiveTask, PlanPage, Served } from "@dgov/governor/served";
import { clock } from "../live.ts";
import { costTable } from "../review_page/cost_table.ts";
import { drawDag, drawTimeline } from "../review_page/drawings.ts";
import { html, type Markup } from "../review_page/markup.ts";
import { drawnOf, renderTaskParts } from "../review_page/task.ts";
import { saidText } from "../speaking.ts";
import { problemsIn } from "./problems.ts";

/** What is loaded once: it has no data in it, and asks for all of it. */
export const renderShell = (): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dgov</title>
<link rel="stylesheet" href="/style.css">
<script src="/app.js" defer></script>
</head>
<body>
<p id="line" role="status">Connecting …</p>
<main id="live"><noscript>This page needs its script; without one, see "dgov watch".</noscript></main>
<dialog id="ask"><form method="dialog"><p id="what"></p>
<label>Why, for the log and the next attempt<textarea id="why" rows="3" maxlength="2000"></textarea></label>
<p class="actions"><button value="no" formnovalidate>Back</button> <button id="sure" value="yes"></button></p></form></dialog>
</body>
</html>
`.markup;

/** All that changes. Each `details` has an id, by which what a reader has opened stays open. */
export function renderLive(served: Served, now_ms: number): string {
  const { status, page, why } = served;
  if (status.run === null)
    return html`<h1>Nothing was ever run here</h1>\n<p>This page shows a run as soon as one begins: <code>dgov run PLAN</code></p>`
      .markup;
  return html`<header><h1>Plan ${status.run.plan}</h1>
${standing(served, now_ms)}
${toolbar(served)}</header>
${problems(served)}
${held(served.findings)}
${page === null ? html`<p class="failed">${why}</p>` : body(page, served, now_ms)}`.markup;
}

function standing({ status, tasks, paused }: Served, now_ms: number): Markup {
  const { run } = status;
  if (run === null) return html``;
  const landed = tasks.filter(({ attention }) => attention === "done").length;
  const branch = run.target.replace(/^refs\/heads\//, "");
  const goes = isLive(status) ? `under way for ${clock(now_ms - run.started_at_ms)}` : over(status);
  const stops =
    paused === null ? null : html` · <span class="skipped">paused${paused === "" ? "" : `: ${paused}`}</span>`;
  return html`<p><strong>${landed} of ${tasks.length}</strong> landed on ${branch} · ${goes}${stops}</p>
<p class="soft">run ${run.run} · sandbox ${run.sandbox ?? "not chosen yet"} · ${run.plan_dir}</p>`;
}

const isLive = ({ run }: Served["status"]): boolean => run?.state === "running" && run.process !== "gone";

function over({ run }: Served["status"]): string {
  if (run?.state === "ended") return `it ended: ${run.result}`;
  return run?.state === "interrupted" ? "it was interrupted" : "its process is gone";
}

function toolbar({ status, paused }: Served): Markup {
  const button = (verb: string, words: string) => html`<button data-verb="${verb}">${words}</button> `;
  const hold = paused === null ? button("pause", "Pause") : button("unpause", "Go on");
  return html`<p class="actions">${isLive(status) || paused !== null ? hold : null}${isLive(status) ? button("cancel", "Stop the run") : null}</p>`;
}

/** What somebody should look at, with what can be done about it. */
function problems(served: Served): Markup {
  const all = problemsIn(served);
  if (all.length === 0) return html`<section id="problems"><p class="deployed">Nothing needs you.</p></section>`;
  return html`<section id="problems"><h2>Needs you (${all.length})</h2>
<ul>${all.map(({ task, kind, text, cure, verbs }) => html`<li class="${kind}"><strong>${task ?? "the run"}</strong> ${text}${cure === "" ? null : html`<br><span class="soft">${cure}</span>`}<span class="actions">${verbs.map((verb) => action(verb, task))}</span></li>\n`)}</ul></section>`;
}

/** What reviewers hold against work that has not landed. */
function held(findings: readonly HeldFinding[]): Markup | null {
  if (findings.length === 0) return null;
  const item = ({ task, finding, attempt, path, line, message, said }: HeldFinding) => {
    const place = path === null ? null : html` <code>${path}:${line ?? "?"}</code>`;
    const word = said && html`<br><span class="soft">${saidText(said)}</span>`;
    const buttons = ["answer", "dismiss"].map((verb) => action(verb, task, finding));
    return html`<li${said === null ? null : html` class="said"`}><strong>${finding}</strong> of ${task}, attempt ${attempt}:${place} ${message}${word}<span class="actions">${buttons}</span></li>\n`;
  };
  return html`<section id="held"><h2>What reviewers hold against it (${findings.length})</h2>\n<ul>${findings.map(item)}</ul></section>`;
}

const WORDS: Readonly<Record<string, string>> = {
  answer: "Answer",
  dismiss: "Dismiss",
  approve: "Approve",
  reject: "Reject",
  cancel: "Cancel",
  retry: "Try again",
  skip: "Skip",
};

const action = (verb: string, task: string | null, finding: string | null = null): Markup =>
  html`<button data-verb="${verb}"${dataOf("task", task)}${dataOf("finding", finding)}>${WORDS[verb] ?? verb}</button> `;
const dataOf = (name: string, value: string | null): Markup | null =>
  value === null ? null : html` data-${name}="${value}"`;

function body({ review, after, timeline, cost }: PlanPage, served: Served, now_ms: number): Markup {
  const live = new Map(served.tasks.map((task) => [task.task, task]));
  const drawn = review.units.map(drawnOf).map((one) => ({ ...one, ...lookOf(live.get(one.id), one) }));
  return html`${busy(served.tasks, now_ms)}
<h2>Tasks</h2>
<div class="wide tall" id="drawn">${drawDag(drawn, after)}</div>
${timeline === null ? null : html`<h2>When</h2>\n<div class="wide tall" id="when">${drawTimeline(timeline, drawn)}</div>`}
${cost === null || cost.total.calls === 0 ? null : html`<h2>Cost</h2>\n${costTable("model", cost)}`}
<h2>Task by task</h2>
${review.units.map(({ unit, summary }, at) => taskLine({ unit, summary }, drawn[at]!, live.get(unit)))}`;
}

const LOOKS: Readonly<Record<LiveTask["attention"], { state: string; sign: string }>> = {
  needs_you: { state: "needs_you", sign: "◆" },
  stuck: { state: "stuck", sign: "…" },
  failed: { state: "failed", sign: "✘" },
  working: { state: "active", sign: "▶" },
  waiting: { state: "not_run", sign: "·" },
  done: { state: "deployed", sign: "✔" },
  left_out: { state: "skipped", sign: "–" },
};

const lookOf = (task: LiveTask | undefined, drawn: { state: string; sign: string }) =>
  task === undefined ? { state: drawn.state, sign: drawn.sign } : LOOKS[task.attention];

function busy(tasks: readonly LiveTask[], now_ms: number): Markup | null {
  const own = tasks.filter(({ attention }) => attention === "working" || attention === "stuck");
  if (own.length === 0) return null;
  const row = ({ task, state, attempt, doing, since_ms, attention }: LiveTask) =>
    html`<tr><td>${task}</td><td class="${attention === "stuck" ? "failed" : "soft"}">${attention === "stuck" ? "nothing heard for long" : state}</td><td class="number">${clock(now_ms - since_ms)}</td><td>${doing}${attempt > 1 ? ` (attempt ${attempt})` : ""}</td><td>${action("cancel", task)}</td></tr>\n`;
  return html`<h2>At work</h2>\n<div class="wide"><table id="busy">${own.map(row)}</table></div>`;
}

type Drawn = ReturnType<typeof drawnOf>;

/** The rest of it is asked for when somebody opens it: patches are long, and a run may have hundreds. */
function taskLine(
  { unit, summary }: { unit: string; summary: string },
  drawn: Drawn,
  live: LiveTask | undefined,
): Markup {
  const words = live === undefined ? drawn.state.replaceAll("_", " ") : live.state;
  const stamp = live === undefined ? drawn.state : `${live.state} ${live.attempt} ${live.heard_ms}`;
  const verbs = live === undefined ? [] : verbsFor(live);
  return html`<details id="${drawn.anchor}" data-unit="${unit}" data-stamp="${stamp}">
<summary><strong class="${drawn.state}">${drawn.sign} ${unit}</strong> ${words}${live?.phase ? ` (${live.phase})` : ""}${summary === "" ? "" : `: ${summary}`}</summary>
<p class="actions">${verbs.map((verb) => action(verb, unit))}</p><div class="body"></div></details>\n`;
}

function verbsFor({ attention, state }: LiveTask): readonly string[] {
  if (attention === "needs_you") return ["approve", "reject", "cancel"];
  if (state === "landed") return [];
  if (state === "failed" || state === "skipped") return ["retry"];
  return state === "waiting" ? ["skip"] : ["cancel"];
}

/** One task, with its patch and its story. */
export function renderTaskBody({ review, cost }: PlanPage): string {
  const [unit] = review.units;
  return unit === undefined ? "" : html`${renderTaskParts(unit, cost?.currency ?? "USD")}`.markup;
}
