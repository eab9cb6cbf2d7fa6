import { expect, test } from "bun:test";
import type { Status } from "@dgov/governor/status";
import { renderStatus } from "./status.ts";

const task = (slug: string, phase: string) => ({ slug, state: "failed" as const, phase, summary: "" });

test.each<[phases: readonly string[], said: string]>([
  [["interrupted"], "tasks: 2 total, 1 landed, 1 stopped"],
  [["lint"], "tasks: 2 total, 1 landed, 1 failed"],
  [["lint", "lost"], "tasks: 3 total, 1 landed, 1 failed, 1 stopped"],
])("tasks that ended by %p are counted by the words of their rows", (phases, said) => {
  const rows = phases.map((phase, at) => task(`t/m.${at}`, phase));
  const view = {
    ...{ status: "needs_attention", tasks: rows.length + 1, active: 0, settling: 0, attention: rows.length },
    state_counts: { landed: 1, failed: rows.length },
    task_list: rows,
    run: {
      ...{ run: "r1", plan: "p", plan_dir: ".dgov/plans/p", target: "refs/heads/main", state: "interrupted" },
      ...{ result: null, process: "gone", sandbox: "bwrap", started_at_ms: 0, unverified: [], whole: null },
    },
  } as unknown as Status;
  expect(renderStatus(view).split("\n")).toContain(said);
});
