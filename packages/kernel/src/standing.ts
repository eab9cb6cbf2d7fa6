import type { TaskId } from "./plan.ts";
import { digestOf, type Redness, type Stages } from "./stages.ts";

/**
 * How a plan stands now. `spec` null: there is none; `plan` null: it does not compile; `tests`: what is in the target's head
 * under each declared path, null: no file; `landed`: tasks that are done, whose tests need not be red; `moved`: sources differ
 * from the commit that this task's tests were red on.
 */
export type Facts = {
  spec: string | null;
  plan: { hash: string; tasks: readonly { id: TaskId; unit: string; tests: readonly string[] }[] } | null;
  tests: ReadonlyMap<string, string | null>;
  landed: ReadonlySet<TaskId>;
  moved: (since: string) => boolean;
};

/**
 * What comes next for a plan. `why`: what is missing, as data: `absent` it was never there · `changed` it is no longer what was
 * approved, frozen or run · or what the tests were instead of red. `tasks`: whom it is about.
 */
export type Standing = {
  next: "spec" | "approve_spec" | "plan" | "tests" | "red" | "approve_plan" | "run";
  why: "absent" | "changed" | "invalid" | Redness | null;
  tasks: readonly TaskId[];
};

const at = (next: Standing["next"], why: Standing["why"], tasks: readonly TaskId[] = []): Standing => ({
  ...{ next, why, tasks },
});

/** The first stage that does not hold. An approval holds for what had that very hash, and for nothing that came after. */
export function standingOf(stages: Stages, facts: Facts): Standing {
  const { spec, plan } = facts;
  if (spec === null) return at("spec", "absent");
  if (stages.spec?.spec !== spec) return at("approve_spec", stages.spec ? "changed" : "absent");
  if (plan === null) return at("plan", "invalid");
  const unfrozen = plan.tasks.filter((task) => !isFrozen(task, stages, facts)).map(({ id }) => id);
  const frozen = stages.frozen?.tests ?? [];
  const declared = new Set(plan.tasks.flatMap(({ id, tests }) => tests.map((path) => `${id}\0${path}`)));
  const surplus = frozen.some(({ task, path }) => !declared.has(`${task}\0${path}`));
  if (unfrozen.length > 0 || surplus) return at("tests", stages.frozen ? "changed" : "absent", unfrozen);
  const open = plan.tasks.filter(({ id, tests }) => tests.length > 0 && !facts.landed.has(id));
  const unasked = open.flatMap((task) => rednessOf(task, stages, facts) ?? []);
  const [first] = unasked;
  if (first)
    return at(
      "red",
      first.why,
      unasked.filter(({ why }) => why === first.why).map(({ id }) => id),
    ); // one cure each
  const approved = stages.plan;
  const isApproved = approved?.plan === plan.hash && approved.spec === spec && approved.tests === digestOf(frozen);
  return isApproved ? at("run", null) : at("approve_plan", approved ? "changed" : "absent");
}

type PlannedTask = NonNullable<Facts["plan"]>["tasks"][number];

function isFrozen({ id, tests }: PlannedTask, { frozen }: Stages, facts: Facts): boolean {
  return tests.every((path) => {
    const one = frozen?.tests.find((test) => test.task === id && test.path === path);
    return one !== undefined && facts.tests.get(path) === one.sha256;
  });
}

/** Why a task's tests are not known to be red; null: they are. */
function rednessOf(
  { id, unit }: PlannedTask,
  stages: Stages,
  facts: Facts,
): { id: TaskId; why: NonNullable<Standing["why"]> } | null {
  const said = stages.red.get(id);
  if (!said) return { id, why: "absent" };
  const own = (stages.frozen?.tests ?? []).filter(({ task }) => task === id);
  if (said.unit !== unit || said.tests !== digestOf(own) || facts.moved(said.commit)) return { id, why: "changed" };
  return said.is === "red" ? null : { id, why: said.is };
}
