import { join, resolve } from "node:path";
import type { PlanDraft } from "@dgov/sandbox/plan_draft";
import { readProject } from "./config.ts";
import { refuseUnaskable } from "./consult/consult.ts";
import { DgovError, type Place } from "./error.ts";
import { openRepository } from "./git/readiness.ts";
import { NAME } from "./plan/source.ts";
import { type Answered, type Answers, answersTo, readAnswers } from "./planning/answers.ts";
import { compiled, type Known, type Planning } from "./planning/draft.ts";
import { type Asked, type Asking, answerOf, askingOf, type Drafted, drafted } from "./planning/drafting.ts";
import { MADE_FROM, madeFromText, usedRuns } from "./planning/made_from.ts";
import { type Override, overridden } from "./planning/overrides.ts";
import { planFiles, reconMarkdown, specFiles } from "./planning/plan_files.ts";
import { isThere, placeTree, refuseLinks, taken } from "./planning/plan_tree.ts";
import { type Question, reconOf } from "./planning/recon.ts";
import { specOf } from "./planning/spec.ts";
import { slugOf } from "./planning/texts.ts";
import { MADE_PLANS as ABOVE, findRoot } from "./root.ts";
import type { World } from "./session.ts";

export type { Answered, Answers, Override, Question };

/**
 * What a user asks for. `auto`: questions are answered as they were recommended; `answers`: a file with answers, relative to
 * `cwd`; `ask`: puts questions to a person, null when nobody is there; `model`: in place of
 * those that [tiers] names; `critique`: whether the plan is looked at once more; `tests_first`: it comes with a spec and the names
 * of tests, and waits for approvals.
 */
export type PlanCreateRequest = {
  cwd: string;
  goal: string;
  name: string | null;
  model: string | null;
  auto: boolean;
  answers: string | null;
  apply_config: boolean;
  critique: boolean;
  tests_first: boolean;
  ask: ((questions: readonly Question[]) => Promise<Answers>) | null;
};

/**
 * `runs`: whom it asked, by the run of each. `questions` of `needs_answers`: those that are open, and `given` what is answered
 * already. `plan`: its folder, relative to the root.
 */
export type PlanCreateView = { goal: string; runs: Asked[] } & (
  | { status: "needs_answers"; questions: readonly Question[]; given: Answers }
  | {
      status: "created";
      name: string;
      plan: string;
      summary: string;
      tasks: readonly { task: string; summary: string; depends_on: readonly string[] }[];
      questions: readonly Answered[];
      critique: { verdict: Drafted["critique"]["verdict"] | "later"; said: string };
      config_overrides: readonly Override[];
      warnings: readonly Place[];
    }
);

/**
 * Makes a plan of a goal: somebody looks, a person is asked what the repository cannot say, a planner plans, another looks at
 * the plan. A plan that compiles is written, or nothing is. Who stops in between, and asks for the same on the same
 * commit, is not asked to pay for an answer twice.
 *
 * @throws DgovError `no_answer`, `plan_exists`, `usage`, and whatever consulting somebody throws
 */
export async function createPlan(request: PlanCreateRequest, world: World): Promise<PlanCreateView> {
  const { cwd, goal, name, model, tests_first } = request;
  if (goal.trim() === "") throw new DgovError("usage", "Cannot plan nothing: the goal is empty");
  if (name !== null && !NAME.test(name))
    throw new DgovError("usage", `Cannot make the plan "${name}": a name has letters, digits, "_" and "-" only`);
  const root = findRoot(cwd);
  refuseLinks(root, ABOVE);
  if (name !== null && isTaken(root, name)) throw taken(`${ABOVE}/${name}`);
  const given = request.answers === null ? {} : readAnswers(resolve(cwd, request.answers));
  const about = `plan-${slugOf(name ?? goal)}`;
  const project = readProject(root, null, world.env);
  const planning: Planning = { project, world, about, above: ABOVE, model, tests_first };
  const asking = askingOf(root, world, usedRuns(root, ABOVE));
  const { runs } = asking;
  const later = { about, role: "planner", what: "plan", goal, model } as const;
  refuseUnaskable(planning.project, [{ ...later, role: "researcher", what: "recon" }, later], world);
  const git = await openRepository(root, world.env);
  const recon = answerOf(goal, await asking.ask("recon", reconOf(about, goal, { git, model })));
  const answered = await answers(recon.questions, given, request);
  if (answered === null)
    return { goal, runs, status: "needs_answers", questions: openOf(recon.questions, given), given };
  const known: Known = { goal, recon, answered, spec: null };
  const common = { goal, runs, status: "created", questions: answered } as const;
  if (tests_first) return { ...common, ...(await specified(asking, { planning, known, name, request })) };
  const { draft, critique } = await drafted(asking, { planning, known, critique: request.critique });
  const written = await place(planning, { draft, known, name, runs });
  return {
    ...{ ...common, summary: draft.summary, critique, ...written },
    tasks: draft.tasks.map(({ slug, summary, depends_on }) => ({ task: `tasks/main.${slug}`, summary, depends_on })),
    config_overrides: overridden(root, draft, request.apply_config),
  };
}

/** Answers of the file, then those of who is there; null: some are missing. */
async function answers(
  questions: readonly Question[],
  given: Answers,
  { auto, ask }: PlanCreateRequest,
): Promise<Answered[] | null> {
  const whole = answersTo(questions, given, { rest: auto });
  if (whole !== null || ask === null) return whole;
  const said = await ask(openOf(questions, given));
  return answersTo(questions, { ...given, ...said }, { rest: false });
}

const openOf = (questions: readonly Question[], given: Answers): Question[] =>
  questions.filter(({ id }) => !Object.hasOwn(given, id));

type Placing = { draft: PlanDraft; known: Known; name: string | null; runs: readonly Asked[] };

/** Writes the plan under a name that is free. */
async function place(planning: Planning, { draft, known, name, runs }: Placing) {
  const { root } = planning.project;
  const places = await compiled(planning, draft);
  const errors = places.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new DgovError("plan_invalid", "Cannot take the plan: it does not compile", { places });
  const own = name ?? freeName(root, draft.name);
  const files = {
    ...planFiles(draft, own, false),
    "_recon.md": reconMarkdown(known.goal, known.recon, known.answered),
    [MADE_FROM]: madeFromText({ goal: known.goal, runs: [...runs] }),
  };
  placeTree(root, { dir: `${ABOVE}/${own}`, files, now_ms: planning.world.now_ms() });
  return { name: own, plan: `${ABOVE}/${own}`, warnings: places };
}

type Specifying = { planning: Planning; known: Known; name: string | null; request: PlanCreateRequest };

/** Of a plan by tests-first there is its spec, and no task before somebody has approved of that. */
async function specified(asking: Asking, { planning, known, name, request }: Specifying) {
  const { root } = planning.project;
  const { goal, recon, answered } = known;
  const { summary, ...draft } = answerOf(goal, await asking.ask("spec", specOf(planning, known)));
  const own = name ?? freeName(root, draft.name);
  const { model, critique, apply_config } = request;
  const files = {
    ...specFiles({ summary, spec: draft.spec }, own),
    "_recon.md": reconMarkdown(goal, recon, answered),
    [MADE_FROM]: madeFromText({
      ...{ goal, runs: asking.runs },
      later: { recon, answered: [...answered], model, critique, apply_config },
    }),
  };
  const dir = `${ABOVE}/${own}`;
  placeTree(root, { dir, files, now_ms: planning.world.now_ms() });
  const none = { tasks: [], config_overrides: [], warnings: [] };
  return { name: own, plan: dir, summary, critique: { verdict: "later" as const, said: "" }, ...none };
}

const isTaken = (root: string, name: string): boolean =>
  [name, `archive/${name}`].some((path) => isThere(join(root, ABOVE, path)));

function freeName(root: string, wanted: string): string {
  let name = wanted;
  for (let n = 2; isTaken(root, name); n++) name = `${wanted}-${n}`;
  return name;
}
