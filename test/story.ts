import type { Event } from "../packages/kernel/src/index.ts";

/** What happened to each task, in an order that does not depend on which of two tasks was faster. */
export function story(events: readonly Event[]): string[] {
  const lines = new Map<string, string[]>();
  const run: string[] = [];
  for (const event of events) {
    const line = tell(event);
    if (line === null) continue;
    const of = "task" in event ? event.task : null;
    const told = of === null ? run : (lines.get(of) ?? []);
    if (of !== null) lines.set(of, told);
    if (!told.includes(line)) told.push(line); // a candidate that was overtaken is judged once more
  }
  return [...run, ...[...lines].sort().flatMap(([task, told]) => [task, ...told.map((line) => `  ${line}`)])];
}

function tell(event: Event): string | null {
  switch (event.kind) {
    case "run_ended":
      return `run ended: ${event.status}`;
    case "task_dispatched":
      return `${event.attempt} dispatched${event.carried_from ? ", goes on from kept work" : ""}`;
    case "tool_called":
      return event.refused_by || !event.ok ? `${event.attempt} ${event.tool}: ${event.refused_by ?? "failed"}` : null;
    case "candidate_frozen":
      return `${event.attempt} frozen: ${event.summary}`;
    case "report_filed":
      return `${event.attempt} report: ${event.summary}`;
    case "attempt_failed":
      return `${event.attempt} failed: ${event.cause}`;
    case "gate_judged":
      // It is asked only of a candidate that something landed before, and here that is chance.
      if (event.gate === "semantic" && event.verdict === "pass") return null;
      return `${event.attempt} gate ${event.gate}: ${event.verdict}`;
    case "merged_by_symbol":
      return `${event.attempt} merged by symbol: ${event.files.map(({ path }) => path).join(", ")}`;
    case "candidate_rejected":
      return `${event.attempt} rejected by ${event.gate}: ${event.cause} [${event.findings.map((one) => one.code).join(", ")}]`;
    case "task_retried":
      return `${event.attempt} retried`;
    case "task_skipped":
      return `skipped because of ${event.because}`;
    case "task_landed":
      return `${event.attempt} landed`;
    default:
      return null;
  }
}
