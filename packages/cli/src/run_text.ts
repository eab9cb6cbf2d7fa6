import type { ArchivingRun } from "@dgov/governor/archive_plan";
import { counted } from "@dgov/governor/counted";
import { type RunView, sayFinding } from "@dgov/governor/run";
import { sayShort } from "@dgov/governor/short_text";
import { sayWhole } from "@dgov/governor/whole_text";
import { plain } from "./ansi.ts";
import { sayCost } from "./cost_text.ts";

/** How a run ended, for a person: first the verdict, then what did not land and why, then what to do. */
export function renderRun(view: RunView): string {
  const { tasks, duration_s, spent, pending, hint } = view;
  const lines = [headline(view)];
  for (const { task, state: inLog, cause, attempts, gate, reason, findings } of tasks) {
    const state = inLog === "failed" && (cause === "interrupted" || cause === "lost") ? "stopped" : inLog;
    if (state === "landed" || (view.did === "planned" && state === "waiting")) continue;
    const by = gate === null ? "" : ` (${gate})`;
    const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
    lines.push(`  ${state.padEnd(8)} ${task}${tries}${by}${reason === null ? "" : `: ${plain(reason)}`}`);
    for (const finding of findings.slice(1, FINDINGS_MAX)) lines.push(`           ${plain(sayFinding(finding))}`);
    if (findings.length > FINDINGS_MAX) lines.push(`           … and ${findings.length - FINDINGS_MAX} more findings`);
  }
  if (view.did === "planned")
    for (const { task, state } of tasks) lines.push(`  ${state === "landed" ? "landed  " : "would do"} ${task}`);
  if (view.abort !== null) {
    const { short, pending } = view.abort;
    lines.push(
      `The run came to a ceiling: ${sayShort(short, spent.currency)}. Not done because of it: ${pending.join(", ")}`,
    );
  }
  if (view.whole !== null && view.did !== "planned") lines.push(...sayWhole(view.whole).map(plain));
  const cost = spent.cost_micros ? ` · ${sayCost(spent, spent.currency)}` : "";
  if (spent.calls > 0 && view.did !== "nothing")
    lines.push(
      `${counted(spent.calls, "model call")} · ${counted(spent.tokens, "token")}${cost} · ${duration_s.toFixed(1)} s`,
    );
  if (pending !== null)
    lines.push(`Your checkout has local changes, so the work waits beside the branch. Take it with: ${pending}`);
  if (hint !== null) lines.push(hint);
  if (view.did !== "planned" && view.exit !== 0 && hint === null)
    lines.push(`See what happened: dgov plan review ${view.plan_dir}`);
  return lines.join("\n");
}

/** Where a plan is that a run has archived, as lines. */
export const sayArchived = (archived: ArchivingRun["archived"]): string[] =>
  archived === null
    ? []
    : [
        `Its plan is archived as ${plain(archived.to)}${archived.uncommitted ? ", a move that is yours to commit" : ""}`,
      ];

/** A note for whoever named a plan that is not where it was. */
export const archivedNotes = ({ source_dir }: { source_dir: string }): string[] =>
  /(^|\/)archive\/[^/]+$/.test(source_dir) ? [`It is archived: ${plain(source_dir)}`] : [];

const FINDINGS_MAX = 10;

function headline({ did, status, plan, succeeded, tasks, run, target }: RunView): string {
  const branch = target.replace("refs/heads/", "");
  const landed = `${succeeded.length} of ${tasks.length} tasks`;
  if (did === "planned")
    return `Plan "${plan}" would run ${counted(tasks.length - succeeded.length, "task")} onto ${branch}`;
  if (did === "nothing" && status === "complete")
    return tasks.length === 1
      ? `Nothing to do: the task of "${plan}" has landed on ${branch}`
      : `Nothing to do: all ${tasks.length} tasks of "${plan}" have landed on ${branch}`;
  if (did === "nothing")
    return `Nothing to do: run ${run} of "${plan}" ended "${status}" (${landed} landed), and the plan has not changed`;
  return `Run ${run} of "${plan}" is ${status}: ${landed} landed on ${branch}`;
}
