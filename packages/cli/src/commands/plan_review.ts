import { writeAsked } from "@dgov/governor/asked_file";
import { counted } from "@dgov/governor/counted";
import { sayMoney } from "@dgov/governor/money";
import { readPlanPage } from "@dgov/governor/plan_page";
import { type PlanReview, type ReviewedUnit, readPlanReview } from "@dgov/governor/plan_views";
import { sayWhole } from "@dgov/governor/whole_text";
import { z } from "zod";
import { type Colour, paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { clock } from "../live.ts";
import { renderPage } from "../review_page/page.ts";
import { archivedNotes } from "../run_text.ts";

/** `html`: where the page was written, if one was asked for. */
type View = PlanReview & { html?: string };

export const planReview = defineCommand({
  name: "plan review",
  summary: "Show what a plan's last run landed, what it did not and why, and what it cost",
  details:
    "Exits with 1 when any task failed, or they do not pass together, in text and in JSON. The page of --html is one file that needs no other: the tasks\n" +
    "and what they wait for, when each was at work, verdicts, patches and cost.",
  examples: ["dgov plan review add-limits", "dgov plan review add-limits --html review.html"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory or name") }),
  flags: z.strictObject({
    only: z.string().optional().describe("Only this task"),
    diff: z.string().optional().describe("Show the patch of this task: what landed, or what its last attempt left"),
    events: z.string().optional().describe("Show what happened to this task, event by event"),
    html: z.string().optional().describe("Write all of it as a page to this file, over what is there"),
  }),
  async run({ plan, only = null, diff, events, html }, here): Promise<View> {
    const named = (unit: string | undefined) => (unit === undefined ? [] : [unit]);
    const review = await readPlanReview(here, plan, { only, diffs: named(diff), events: named(events) });
    if (html === undefined) return review;
    const page = renderPage(await readPlanPage(here, plan, only));
    return { ...review, html: writeAsked({ cwd: here.cwd, what: "page", file: html }, page) };
  },
  notes: (view) => archivedNotes(view),
  text: (view) =>
    view.html === undefined ? renderPlanReview(view) : `${renderPlanReview(view)}\n\nThe page is ${plain(view.html)}`,
  exit: ({ failed, run_status }) => (failed > 0 || run_status === "red" ? 1 : 0),
});

const LOOKS: Readonly<Record<ReviewedUnit["status"], { sign: string; colour: Colour }>> = {
  deployed: { sign: "✔", colour: "green" },
  failed: { sign: "✘", colour: "red" },
  skipped: { sign: "–", colour: "yellow" },
  active: { sign: "▶", colour: "cyan" },
  not_run: { sign: "·", colour: "dim" },
};
const FINDINGS_SHOWN = 10;
const FILES_SHOWN = 5;
const OUTPUT_SHOWN = 12;

export function renderPlanReview(view: PlanReview): string {
  const counts = (["deployed", "active", "failed", "pending"] as const)
    .filter((key) => view[key] > 0)
    .map((key) => `${view[key]} ${key}`);
  const run =
    view.run === null
      ? "It was never run"
      : `Run ${view.run}: ${view.run_status}, began ${view.last_run_ts}, ${took(view.last_run_duration_s)}`;
  const units = view.units.map((unit) => renderUnit(unit).join("\n"));
  const head = [`Plan: ${plain(view.plan)}  (${counts.join(", ") || "no tasks"})`, run];
  if (view.whole !== null) head.push(...sayWhole(view.whole).map(plain));
  return [head.join("\n"), ...units].join("\n\n");
}

function renderUnit(unit: ReviewedUnit): string[] {
  const { sign, colour } = LOOKS[unit.status];
  return [
    `${paint(colour, `${sign} ${unit.unit}`)}  ${unit.status.replaceAll("_", " ")}${unit.summary === "" ? "" : `: ${plain(unit.summary)}`}`,
    ...landing(unit),
    ...(unit.done_summary === "" ? [] : [`    worker: ${plain(unit.done_summary)}`]),
    ...unit.stated.map(({ text }) => `    states: ${plain(text)}`),
    ...(unit.watched === null ? [] : [`    ${unit.watched.text}`]),
    ...earlier(unit),
    ...(unit.risk === null || unit.risk === "none" ? [] : [`    risk before it was merged: ${unit.risk}`]),
    ...refusal(unit),
    ...cost(unit),
    ...unit.activity.map(
      ({ seq, at_ms, text }) => `    ${seq}  ${new Date(at_ms).toISOString().slice(11, 19)}  ${plain(text)}`,
    ),
    ...(unit.full_diff === null
      ? []
      : unit.full_diff.split("\n").map((line) => `    ${line.split("\t").map(plain).join("\t")}`)),
  ];
}

function landing(unit: ReviewedUnit): string[] {
  const { commit_sha, commit_message, diff_stat, landed_files, settlement } = unit;
  if (commit_sha === null) return [];
  if (unit.reported) return [`    reported on ${commit_sha.slice(0, 8)}, and changed nothing`];
  const subject = commit_message === null ? "" : ` ${plain(commit_message)}`;
  const lines = [
    `    landed as ${commit_sha.slice(0, 8)}${subject}${settlement === "ok_retried" ? " (at a further try)" : ""}`,
  ];
  if (!diff_stat) return lines;
  const { files_changed, insertions, deletions } = diff_stat;
  const more = landed_files.length > FILES_SHOWN ? ` +${landed_files.length - FILES_SHOWN} more` : "";
  const files = landed_files.slice(0, FILES_SHOWN).map(plain).join(", ");
  return [...lines, `    ${counted(files_changed, "file")}, +${insertions} -${deletions}: ${files}${more}`];
}

/** What the judges said of the attempts before the last one: a retry that then fails otherwise began with it. */
const earlier = ({ rejections, attempts }: ReviewedUnit): string[] =>
  rejections
    .filter(({ attempt }) => attempt < attempts)
    .map(({ attempt, gate, reason }) => `    attempt ${attempt} was refused at ${gate}: ${plain(reason)}`);

function refusal(unit: ReviewedUnit): string[] {
  const { reject_verdict, gate, error, findings, hint, kept_sha, attempts, output } = unit;
  if (reject_verdict === null) return [];
  const by = gate === null ? "" : ` at ${gate}`;
  const lines = [
    `    ${paint("red", `${reject_verdict}${by}`)} after ${counted(attempts, "attempt")}: ${plain(error ?? "")}`,
  ];
  const said = findings.length === 1 && findings[0]?.path === undefined; // it is the error above
  for (const finding of said ? [] : findings.slice(0, FINDINGS_SHOWN)) {
    const where = [finding.path, finding.line].filter((part) => part !== undefined).join(":");
    lines.push(`      ${where === "" ? "" : `${plain(where)} `}${finding.code}: ${plain(finding.message)}`);
  }
  if (findings.length > FINDINGS_SHOWN) lines.push(`      and ${findings.length - FINDINGS_SHOWN} more`);
  if (output) lines.push(...saidBy(output));
  if (hint !== null) lines.push(`    ${paint("cyan", "hint:")} ${hint}`);
  if (kept_sha !== null) lines.push(`    kept as ${kept_sha.slice(0, 8)}`);
  return lines;
}

/** The end of what the gate's command said, and where the whole of it is. */
function saidBy({ command, exit, head, tail, log }: NonNullable<ReviewedUnit["output"]>): string[] {
  const text = (tail.trim() === "" ? head : tail).trimEnd();
  const lines = text === "" ? [] : text.split("\n").slice(-OUTPUT_SHOWN);
  return [
    `      $ ${plain(command)}   ${exit === null ? "did not end by itself" : `exit status ${exit}`}`,
    ...lines.map((line) => `      | ${plain(line)}`),
    ...(log === null ? [] : [`      all of it: ${plain(log)}`]),
  ];
}

function cost(unit: ReviewedUnit): string[] {
  if (unit.attempts === 0) return [];
  const gates = unit.phase_timings.map(
    ({ phase, duration_s, status }) => `${phase} ${duration_s}s${status === "passed" ? "" : ` ${status}`}`,
  );
  const tools = `${counted(unit.tool_calls, "tool call")}${unit.refused_calls > 0 ? ` (${unit.refused_calls} refused)` : ""}`;
  const tokens = `${unit.prompt_tokens}+${unit.completion_tokens} tokens`;
  const money = unit.cost_micros > 0 ? `, ${sayMoney(unit.cost_micros, unit.currency)}` : "";
  const lines = [
    `    ${plain(unit.agent)}, ${took(unit.duration_s)}, ${tools}, ${counted(unit.calls, "model call")}, ${tokens}${money}`,
  ];
  return gates.length > 0 ? [...lines, `    gates: ${gates.join(", ")}`] : lines;
}

/** Short times to a tenth, long ones as people say them. */
const took = (seconds: number) => (seconds < 10 ? `${seconds.toFixed(1)}s` : clock(seconds * 1000));
