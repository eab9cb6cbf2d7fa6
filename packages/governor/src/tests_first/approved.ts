import { strict as assert } from "node:assert";
import { type EventOf, RunId, type Store, type TaskId } from "@dgov/kernel";
import type { Approver } from "@dgov/kernel/stages";
import type { Standing } from "@dgov/kernel/standing";
import { DgovError } from "../error.ts";
import type { Start } from "../history.ts";
import type { CompiledPlan } from "../plan/compiled.ts";
import { type Seen, situationOf } from "./situation.ts";

/** What stands in the log of a run by tests-first. */
export type Approved = Omit<EventOf<"tests_frozen">, "kind">;

/**
 * What a run of a plan by tests-first begins with. null: the plan is none, or the run goes on, and its log has it.
 *
 * @throws DgovError `plan_unapproved` where a stage before the run does not hold
 */
export async function approvedToBegin(
  log: Store,
  start: Start,
  place: Omit<Seen, "landed">,
  plan: CompiledPlan,
): Promise<Approved | null> {
  if (!plan.method || start.do === "nothing") return null;
  const [known] = start.do === "resume" ? log.read({ run: RunId.parse(start.run), kinds: ["tests_frozen"] }) : [];
  if (known) return null;
  const carried = start.do === "start" ? start.carried : new Map<TaskId, string>();
  return await approvedNow({ ...place, landed: new Set(carried.keys()) }, plan);
}

/** @throws DgovError `plan_unapproved` where a stage before the run does not hold */
export async function approvedNow(
  seen: Seen,
  plan: Pick<CompiledPlan, "name" | "dir" | "hash" | "tasks">,
): Promise<Approved> {
  const { stages, standing } = await situationOf(seen, plan);
  if (standing.next !== "run")
    throw new DgovError("plan_unapproved", `Cannot run "${plan.name}": ${sayStanding(standing)}`, {
      hint: `See "dgov plan stages ${plan.dir}", and go on with "dgov plan continue ${plan.dir}"`,
    });
  assert(stages.spec && stages.plan, "What is approved was said");
  const { by, name }: Approver = stages.plan;
  return {
    spec: stages.spec.spec,
    spec_by: { by: stages.spec.by, name: stages.spec.name },
    plan_by: { by, name },
    tests: (stages.frozen?.tests ?? []).map(({ task, path, sha256 }) => ({ task, path, sha256 })),
    landed: [...seen.landed],
  };
}

/** What is missing, as a clause. */
export function sayStanding({ next, why, tasks }: Standing): string {
  const of = tasks.length === 0 ? "" : ` of ${tasks.map((id) => `"${id}"`).join(", ")}`;
  const changed = why === "changed";
  switch (next) {
    case "spec":
      return "it has no spec";
    case "approve_spec":
      return changed ? "its spec was changed after it was approved" : "its spec is not approved";
    case "plan":
      return "it does not compile";
    case "tests":
      return changed ? `the tests${of} are not those that were frozen` : `the tests${of} are not frozen`;
    case "red":
      return `the tests${of} ${RED[why ?? "unknown"] ?? RED.unknown}`;
    case "approve_plan":
      return changed ? "it, its spec or its tests were changed after it was approved" : "it is not approved";
    case "run":
      return "nothing is missing";
  }
}

const RED: Readonly<Record<string, string>> = {
  absent: "were never seen to be red",
  changed: "were red on something else than what is there now",
  green: "pass without any work",
  wrong: "do not get so far as to run",
  unknown: "are red for a reason that nobody can tell",
};
