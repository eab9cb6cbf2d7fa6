import type { BenchRow, BenchView } from "@dgov/governor/bench";
import { counted } from "@dgov/governor/counted";
import { plain } from "./ansi.ts";
import { sayCost } from "./cost_text.ts";
import { columns } from "./print.ts";

/** One line for a profile as it begins (`row` null) and as it ends. */
export function benchLine({ profile, row }: { profile: string; row: BenchRow | null }): string {
  if (row === null) return `${profile}: begins`;
  const why = row.error === null ? "" : `: ${plain(row.error.message)}`;
  return `${profile}: ${row.outcome.replace("_", " ")} after ${seconds(row.took_ms)}${why}`;
}

/** A bench for a person: what was compared, a line for each profile, and what makes it no comparison. */
export function renderBench({ summary, out, repositories }: BenchView): string {
  const { plan, head, tests, rows, profiles, currency, spent, ended_at_ms } = summary;
  const lines = [
    `Bench of "${plain(plan)}" at ${head.slice(0, 7)}: ${counted(profiles.length, "profile")}, ${counted(tests.files.length, "test file")} frozen as ${tests.digest.slice(0, 12)}`,
  ];
  if (rows.length > 0) lines.push(columns([HEAD, ...rows.map((row) => cells(row, currency))], "  "));
  for (const { profile, error, tests: own } of rows) {
    if (error) lines.push(`  ${profile}: ${plain(error.message)}`);
    if (own && own.changed.length > 0)
      lines.push(
        `  ${profile} is not measured by the same tests: its work has changed ${own.changed.map(plain).join(", ")}`,
      );
  }
  lines.push(`In all ${counted(spent.calls, "model call")}, ${sayCost(spent, currency)}; written to ${plain(out)}`);
  if (repositories !== null) lines.push(`The repositories are in ${plain(repositories)}`);
  if (ended_at_ms === null) lines.push("It was interrupted: the same call goes on with it");
  return lines.join("\n");
}

const HEAD = ["profile", "outcome", "landed", "alone", "attempts", "rejected", "tokens", "cost", "time", "by"];

function cells({ profile, outcome, run, agents, without_escalation, took_ms }: BenchRow, currency: string): string[] {
  const head = [profile, outcome.replace("_", " ")];
  if (run === null) return [...head, ...HEAD.slice(2).map(() => "-")];
  const { tasks, attempts, calls } = run;
  return [
    ...head,
    `${tasks.landed}/${tasks.total}`,
    without_escalation === null ? "-" : `${Math.round(without_escalation * 100)} %`,
    String(attempts.begun),
    String(attempts.rejected),
    String(calls.input_tokens + calls.output_tokens),
    calls.calls === 0 ? "-" : sayCost(calls, currency),
    seconds(took_ms),
    agents.map(plain).join(", "),
  ];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
