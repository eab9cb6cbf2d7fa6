import { counted } from "@dgov/governor/counted";
import { sayMoney } from "@dgov/governor/money";
import type { ReviewedUnit } from "@dgov/governor/plan_page";
import { clock } from "../live.ts";
import type { Drawn } from "./drawings.ts";
import { html, lines, type Markup } from "./markup.ts";

const SIGNS: Readonly<Record<ReviewedUnit["status"], string>> = {
  deployed: "✔",
  failed: "✘",
  skipped: "–",
  active: "▶",
  not_run: "·",
};
/** What is longer is told to the end by the command that the page names. */
const DIFF_LINES = 3_000;
const STORY_LINES = 500;
const LINE_CHARS = 1_000;

/** How a task is drawn. */
export const drawnOf = ({ unit, status }: ReviewedUnit, at: number): Drawn => ({
  id: unit,
  state: status,
  sign: SIGNS[status],
  anchor: `task-${at + 1}`,
});

type About = { drawn: Drawn; currency: string };

/** All there is to say of a task; open from the beginning where it failed. */
export function renderTask(unit: ReviewedUnit, { drawn, currency }: About): Markup {
  const { status, summary } = unit;
  const open = status === "failed" ? html` open` : null;
  const words = `${status.replaceAll("_", " ")}${summary === "" ? "" : `: ${summary}`}`;
  return html`<details id="${drawn.anchor}"${open}>
<summary><strong class="${status}">${drawn.sign} ${unit.unit}</strong> ${words}</summary>
<div>
${renderTaskParts(unit, currency)}</div></details>
`;
}

/** What there is to say of a task, without its head. */
export function renderTaskParts(unit: ReviewedUnit, currency: string): Markup[] {
  const { full_diff, activity } = unit;
  const parts = [
    landing(unit),
    unit.done_summary === "" ? null : html`<p>The worker: “${unit.done_summary}”</p>\n`,
    unit.stated.length === 0 ? null : html`<p>It states: ${unit.stated.map(({ text }) => text).join("; ")}</p>\n`,
    unit.watched === null ? null : html`<p>Of its own tests: ${unit.watched.text}</p>\n`,
    refusal(unit),
    earlier(unit),
    unit.attempts === 0 ? null : facts(unit, currency),
    gates(unit),
    full_diff === null || full_diff === "" ? null : diff(unit, full_diff),
    activity.length === 0 ? null : story(unit),
  ];
  return parts.filter((part) => part !== null);
}

function landing({ commit_sha, commit_message, reported, diff_stat, landed_files }: ReviewedUnit): Markup | null {
  if (commit_sha === null) return null;
  if (reported) return html`<p>Reported on <code>${commit_sha.slice(0, 8)}</code>, and changed nothing.</p>\n`;
  const stat = diff_stat
    ? `: ${counted(diff_stat.files_changed, "file")}, +${diff_stat.insertions} −${diff_stat.deletions}`
    : "";
  return html`<p>Landed as <code>${commit_sha.slice(0, 8)}</code> ${commit_message}${stat}</p>
<p class="soft">${landed_files.join(", ")}</p>
`;
}

function refusal(unit: ReviewedUnit): Markup | null {
  const { reject_verdict, gate, attempts, error, findings, hint, output, kept_sha } = unit;
  if (reject_verdict === null) return null;
  const by = gate === null ? "" : ` at ${gate}`;
  const parts = [
    findings.length === 0 ? null : findingTable(findings),
    output === null ? null : outputOf(output),
    hint === null ? null : html`<p>What to do: ${hint}</p>\n`,
    kept_sha === null ? null : html`<p class="soft">Its work is kept as <code>${kept_sha.slice(0, 8)}</code>.</p>\n`,
  ];
  return html`<p><strong class="failed">${reject_verdict}${by}</strong> after ${counted(attempts, "attempt")}: ${error}</p>
${parts.filter((part) => part !== null)}`;
}

function findingTable(findings: ReviewedUnit["findings"]): Markup {
  const row = ({ code, message, path, line }: ReviewedUnit["findings"][number]) => {
    const where = [path, line].filter((part) => part !== undefined).join(":");
    return html`<tr><td>${code}</td><td>${where}</td><td>${message}</td></tr>\n`;
  };
  return html`<div class="wide"><table><tr><th>finding</th><th>place</th><th></th></tr>\n${findings.map(row)}</table></div>\n`;
}

function outputOf({ command, exit, head, tail, log }: NonNullable<ReviewedUnit["output"]>): Markup {
  const said = tail.trim() === "" ? head : tail;
  const how = exit === null ? "did not end by itself" : `exit status ${exit}`;
  return html`<pre>$ ${command}   (${how})
${lines(said, (line) => html`${line}`)}</pre>${log === null ? null : html`<p class="soft">All of it: ${log}</p>`}\n`;
}

/** What the judges said of the attempts before the last. */
function earlier({ rejections, attempts }: ReviewedUnit): Markup | null {
  const before = rejections.filter(({ attempt }) => attempt < attempts);
  if (before.length === 0) return null;
  return html`<h3>Refused before</h3>\n<ul>${before.map(({ attempt, gate, reason }) => html`<li>attempt ${attempt} at ${gate}: ${reason}</li>`)}</ul>\n`;
}

function facts(unit: ReviewedUnit, currency: string): Markup {
  const { agent, duration_s, attempts, calls, tool_calls, refused_calls, prompt_tokens, completion_tokens } = unit;
  const figures: readonly (readonly [string, string | number])[] = [
    ["agent", agent],
    ["took", clock(duration_s * 1000)],
    ["attempts", attempts],
    ["model calls", calls],
    ["tokens", `${prompt_tokens} + ${completion_tokens}`],
    ["tool calls", refused_calls > 0 ? `${tool_calls}, ${refused_calls} of them refused` : tool_calls],
    ...(unit.cost_micros > 0 ? [["cost", sayMoney(unit.cost_micros, currency)] as const] : []),
    ...(unit.risk === null || unit.risk === "none" ? [] : [["risk before it was merged", unit.risk] as const]),
  ];
  return html`<h3>Work</h3>\n<div class="wide"><table>${figures.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}</table></div>\n`;
}

function gates({ phase_timings }: ReviewedUnit): Markup | null {
  if (phase_timings.length === 0) return null;
  const colour = (status: string) => (status === "passed" ? "deployed" : "failed");
  const row = ({ phase, status, duration_s, level, error }: ReviewedUnit["phase_timings"][number]) =>
    html`<tr><td>${phase}</td><td class="${colour(status)}">${status}</td><td class="number">${duration_s.toFixed(2)} s</td><td>${level}</td><td>${error}</td></tr>\n`;
  return html`<h3>Gates of the last attempt</h3>\n<div class="wide"><table><tr><th>gate</th><th>verdict</th><th class="number">took</th><th>jail</th><th></th></tr>\n${phase_timings.map(row)}</table></div>\n`;
}

function diff({ commit_sha, reported }: ReviewedUnit, text: string): Markup {
  const all = text.split("\n");
  const shown = all.slice(0, DIFF_LINES).join("\n");
  const what = commit_sha !== null && !reported ? "What landed" : "What its last attempt left";
  const more = all.length - DIFF_LINES;
  const rest = more > 0 ? html`<p class="soft">and ${more} lines more: dgov plan review --diff</p>` : null;
  return html`<details><summary>${what}</summary><div><pre class="diff">${diffLines(shown)}</pre>${rest}</div></details>\n`;
}

/** What a line is, after those before it: in a hunk, a text may begin as a head does. */
function kindOf(line: string, inHunk: boolean): string | null {
  if (line.startsWith("diff --git ")) return "file";
  if (!inHunk || line.startsWith("@@")) return "at";
  return line.startsWith("+") ? "add" : line.startsWith("-") ? "del" : null;
}

function diffLines(text: string): Markup[] {
  let inHunk = false;
  return lines(text, (line) => {
    if (line.startsWith("diff --git ")) inHunk = false;
    const kind = kindOf(line, inHunk);
    if (line.startsWith("@@")) inHunk = true;
    const cut = line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line;
    return kind === null ? html`${cut}` : html`<span class="${kind}">${cut}</span>`;
  });
}

function story({ unit, activity }: ReviewedUnit): Markup {
  const shown = activity.slice(-STORY_LINES);
  const more = activity.length - shown.length;
  const left = more > 0 ? html`<li class="soft">${more} events before: dgov plan review --events ${unit}</li>` : null;
  const row = ({ at_ms, text }: ReviewedUnit["activity"][number]) =>
    html`<li><time>${new Date(at_ms).toISOString().slice(11, 19)}</time>${text}</li>\n`;
  return html`<details><summary>What happened, event by event</summary><div><ol class="story">${left}${shown.map(row)}</ol></div></details>\n`;
}
