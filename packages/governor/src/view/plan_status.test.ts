import { expect, test } from "bun:test";
import { type PlanFacts, planRow, viewPlanStatus } from "./plan_status.ts";

const FACTS: PlanFacts = {
  name: "p",
  dir: ".dgov/plans/p",
  stale: false,
  tasks: [
    { id: "a/a.one", depends_on: [] },
    { id: "a/a.two", depends_on: ["a/a.one"] },
  ],
  run_status: null,
};
const at = (...ids: string[]) => new Map(ids.map((id) => [id, { commit: "c".repeat(40), at_ms: 0 }]));

test("what is deployed, and what blocks the rest", () => {
  expect(viewPlanStatus(FACTS, at("a/a.one"))).toEqual({
    plan: "p",
    source_dir: ".dgov/plans/p",
    units: 2,
    deployed: 1,
    pending: 1,
    stale: false,
    run_status: null,
    remediation_needed: false,
    next_action: "dgov run .dgov/plans/p",
    unit_statuses: [
      { unit: "a/a.one", status: "deployed", sha: "c".repeat(40), ts: "1970-01-01T00:00:00.000Z" },
      { unit: "a/a.two", status: "pending", blocked_by: [] },
    ],
  });
  expect(viewPlanStatus(FACTS, at()).unit_statuses[1]).toEqual({
    unit: "a/a.two",
    status: "pending",
    blocked_by: ["a/a.one"],
  });
});

test.each<
  [name: string, facts: Partial<PlanFacts> | null, landings: ReturnType<typeof at>, status: string, action: string]
>([
  ["not compiled", null, at(), "uncompiled", ""],
  ["without a unit", { tasks: [] }, at(), "empty", ""],
  ["never run", {}, at(), "compiled", "dgov run .dgov/plans/p"],
  ["half done", {}, at("a/a.one"), "in_progress", "dgov run .dgov/plans/p"],
  ["done", { run_status: "complete" }, at("a/a.one", "a/a.two"), "complete", ""],
  ["changed since", { stale: true }, at("a/a.one", "a/a.two"), "stale", "dgov compile .dgov/plans/p"],
  ["red as a whole", { run_status: "red" }, at("a/a.one", "a/a.two"), "degraded", "dgov plan review .dgov/plans/p"],
  ["failed", { run_status: "failed" }, at(), "in_progress", "dgov plan review .dgov/plans/p"],
])("B27 a plan that is %s", (_name, facts, landings, status, action) => {
  const view = facts && viewPlanStatus({ ...FACTS, ...facts }, landings);
  expect(planRow({ name: "p", path: ".dgov/plans/p", archived: false }, view).status).toBe(status as never);
  expect(view?.next_action ?? "").toBe(action);
});
