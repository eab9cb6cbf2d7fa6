import { expect, test } from "bun:test";
import type { Event } from "@dgov/kernel";
import { ONE, started, stored, TWO, toolCalled } from "./testing/sample_run.ts";
import { toolUses } from "./tool_use.ts";

const tasks = started().tasks.map((task) => (task.id === TWO ? { ...task, role: "reviewer" as const } : task));
const EVENTS: readonly Event[] = [
  started({ tasks }),
  toolCalled(ONE, { tool: "run_bash", took_ms: 10, text: "12345" }),
  toolCalled(ONE, { tool: "run_bash", took_ms: 20, text: "1", ok: false, refused_by: "claim" }),
  toolCalled(TWO, { tool: "run_bash", took_ms: 3, text: "", ok: false, refused_by: "role" }),
  toolCalled(TWO, { tool: "run_bash", took_ms: 3, text: "", ok: false, refused_by: "role" }),
  toolCalled(ONE, { tool: "grep", took_ms: 1, ok: false, text: "no such file" }),
  toolCalled(TWO, { tool: "glob", took_ms: 2 }),
];
const NONE = { plan: null, role: null, limit: null };
const uses = (filter: Partial<Parameters<typeof toolUses>[1]>) => toolUses(stored(EVENTS), { ...NONE, ...filter });

test("the most used comes first, then by name, and refusals are told apart from failures", () => {
  const { tools, ...totals } = uses({});
  expect(totals).toEqual({ plan_name: null, role: null, total_calls: 6, total_successes: 2, total_failures: 4 });
  expect(tools.map(({ tool }) => tool)).toEqual(["run_bash", "glob", "grep"]);
  expect(tools[0]).toEqual({
    tool: "run_bash",
    calls: 4,
    successes: 1,
    failures: 3,
    failure_rate: 0.75,
    policy_failures: 3,
    average_result_chars: 2,
    average_duration_ms: 9,
    roles: ["reviewer", "worker"],
    error_kinds: { role: 2, claim: 1 },
    top_error_kind: "role",
  });
  expect(tools[2]).toMatchObject({ failures: 1, policy_failures: 0, error_kinds: { failed: 1 } });
});

test("plan and role filter, a limit cuts rows and leaves the totals", () => {
  expect(uses({ role: "reviewer" })).toMatchObject({ total_calls: 3, tools: [{ tool: "run_bash" }, { tool: "glob" }] });
  expect(uses({ plan: "p" }).total_calls).toBe(6);
  expect(uses({ plan: "q" })).toMatchObject({ total_calls: 0, tools: [] });
  expect(uses({ limit: 1 })).toMatchObject({ total_calls: 6, tools: [{ tool: "run_bash" }] });
});
