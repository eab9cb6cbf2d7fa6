import { join } from "node:path";
import type { EventOf } from "@dgov/kernel";
import type { Isolation } from "@dgov/sandbox";
import type { Site } from "../site.ts";
import { judged, runProjectCommand, shellPaths, unanswered } from "./command.ts";
import { verdictEvent } from "./gate.ts";
import { isSource } from "./sources.ts";

type Mending = {
  of: Pick<EventOf<"gate_judged">, "task" | "attempt">;
  changed: readonly string[];
  isolation: Isolation;
};

/**
 * Fixes lint and format of what the worker changed, in its own isolation, so that only its claims can be written. These
 * are no judges: what they leave is frozen and judged like the rest. That one could not run is on record all the same.
 */
export async function mendFormat(
  { project, session, out, world }: Site,
  { of, changed, isolation }: Mending,
): Promise<void> {
  const files = changed.filter((path) => isSource({ path }, project));
  if (files.length === 0) return;
  const timeout_ms = project.timeouts.settlement_ms;
  const folder = join(out, of.task.replaceAll("/", "."), String(of.attempt));
  const { lint_fix, format } = project.commands;
  for (const [gate, template] of [
    ["lint_fix", lint_fix],
    ["format_fix", format],
  ] as const) {
    if (!template?.includes("{file}")) continue; // without it the command would go for files that are not the task's
    const start_ms = world.now_ms();
    const command = template.replaceAll("{file}", () => shellPaths(files));
    const said = await runProjectCommand(isolation, { command, timeout_ms, out: folder, log: `${gate}.log` });
    const missing = unanswered(said, timeout_ms);
    const judgement = judged(said, missing ? "broken" : "pass", {
      cause: "broken",
      findings: missing ? [missing] : [],
    });
    session.record(verdictEvent(of, { ...judgement, gate, took_ms: Math.round(world.now_ms() - start_ms) }));
  }
}
