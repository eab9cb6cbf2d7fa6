import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PlanDraft } from "@dgov/sandbox/plan_draft";
import { z } from "zod";
import { readProject } from "./config.ts";
import { type Consultation, type Consulted, consult, refuseUnaskable } from "./consult/consult.ts";
import { DgovError, type Place } from "./error.ts";
import { openRepository } from "./git/readiness.ts";
import { jsonOrNull } from "./json_or_null.ts";
import { NAME } from "./plan/source.ts";
import { type Answered, type Answers, answersTo, readAnswers } from "./planning/answers.ts";
import { type Critique, compiled, critiqueOf, draftOf, type Known, type Planning } from "./planning/draft.ts";
import { type Override, overridden } from "./planning/overrides.ts";
import { planFiles, reconMarkdown } from "./planning/plan_files.ts";
import { isThere, placeTree, refuseLinks, taken } from "./planning/plan_tree.ts";
import { type Question, reconOf } from "./planning/recon.ts";
import { slugOf } from "./planning/texts.ts";
import { findRoot } from "./root.ts";
import type { World } from "./session.ts";

export type { Answered, Answers, Override, Question };

/** Where plans are made that nobody wrote: they are not committed, and a run takes them as any other. */
const ABOVE = ".dgov/runtime/auto-plans";

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

type Asked = { what: string; run: string };

/** `runs`: whom it asked, by the run of each. `plan`: its folder, relative to the root. */
export type PlanCreateView = { goal: string; runs: Asked[] } & (
  | { status: "needs_answers"; questions: readonly Question[] }
  | {
      status: "created";
      name: string;
      plan: string;
      summary: string;
      tasks: readonly { task: string; summary: string; depends_on: readonly string[] }[];
      questions: readonly Answered[];
      critique: { verdict: "keep" | "revise" | "unusable" | "skipped"; said: string };
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
  const used = usedRuns(root);
  const reuse: Reuse = (run) => !used.has(run);
  const runs: Asked[] = [];
  const asking: Asking = {
    async ask(what, consultation) {
      const consulted = await consult(root, consultation, world);
      runs.push({ what, run: consulted.run });
      return consulted;
    },
  };
  const later = { about, role: "planner", what: "plan", goal, model } as const;
  refuseUnaskable(planning.project, [{ ...later, role: "researcher", what: "recon" }, later], world);
  const git = await openRepository(root, world.env);
  const recon = answerOf(goal, await asking.ask("recon", { ...reconOf(about, goal, { git, model }), reuse }));
  const answered = await answers(recon.questions, given, request);
  if (answered === null) return { goal, runs, status: "needs_answers", questions: recon.questions };
  const known: Known = { goal, recon, answered };
  const first = answerOf(goal, await asking.ask("plan", { ...draftOf(planning, known), reuse }));
  const { draft, critique } = request.critique
    ? await criticised(asking, { planning, known, first, reuse })
    : { draft: first, critique: { verdict: "skipped" as const, said: "" } };
  const written = await place(planning, { draft, known, name, runs });
  return {
    ...{ goal, runs, status: "created", summary: draft.summary, questions: answered, critique, ...written },
    tasks: draft.tasks.map(({ slug, summary, depends_on }) => ({ task: `tasks/main.${slug}`, summary, depends_on })),
    config_overrides: overridden(root, draft, request.apply_config),
  };
}

type Asking = { ask<Answer>(what: string, consultation: Consultation<Answer>): Promise<Consulted<Answer>> };

function answerOf<Answer>(goal: string, consulted: Consulted<Answer>): Answer {
  if (!("cause" in consulted)) return consulted.answer;
  const { run, cause, detail } = consulted;
  const [line = ""] = goal.trim().split("\n");
  throw new DgovError("no_answer", `Cannot plan "${line.slice(0, 100)}": there is no answer (${cause}): ${detail}`, {
    hint: `See what it did with "dgov report ${run}"; nothing was written`,
  });
}

/** Answers of the file, then those of who is there; null: some are missing. */
async function answers(
  questions: readonly Question[],
  given: Answers,
  { auto, ask }: PlanCreateRequest,
): Promise<Answered[] | null> {
  const whole = answersTo(questions, given, { rest: auto });
  if (whole !== null || ask === null) return whole;
  const said = await ask(questions.filter(({ id }) => !Object.hasOwn(given, id)));
  return answersTo(questions, { ...given, ...said }, { rest: false });
}

type Criticised = { draft: PlanDraft; critique: { verdict: Critique["verdict"] | "unusable"; said: string } };

/** A critique that is none, or does not come, changes nothing. */
async function criticised(
  asking: Asking,
  { planning, known, first, reuse }: { planning: Planning; known: Known; first: PlanDraft; reuse: Reuse },
): Promise<Criticised> {
  const consulted = await asking.ask("critique", { ...critiqueOf(planning, known, first), reuse });
  if ("cause" in consulted) {
    if (consulted.cause === "interrupted") answerOf(known.goal, consulted);
    return { draft: first, critique: { verdict: "unusable", said: `${consulted.cause}: ${consulted.detail}` } };
  }
  const { verdict, said, plan } = consulted.answer;
  return { draft: plan ?? first, critique: { verdict, said } };
}

type Placing = { draft: PlanDraft; known: Known; name: string | null; runs: readonly Asked[] };

/** Writes the plan under a name that is free. */
async function place(planning: Planning, { draft, known, name, runs }: Placing) {
  const { root } = planning.project;
  const places = await compiled(planning, draft);
  const errors = places.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new DgovError("plan_invalid", "Cannot take the plan: it does not compile", { places });
  const own = name ?? freeName(root, draft.name);
  const files = {
    ...planFiles(draft, own),
    "_recon.md": reconMarkdown(known.goal, known.recon, known.answered),
    [MADE_FROM]: `${JSON.stringify({ goal: known.goal, runs }, null, 2)}\n`,
  };
  placeTree(root, { dir: `${ABOVE}/${own}`, files, now_ms: planning.world.now_ms() });
  return { name: own, plan: `${ABOVE}/${own}`, warnings: places };
}

/** In the folder of a plan: whose answers it was made from. Compile leaves it out. */
const MADE_FROM = "_made_from.json";
const MadeFrom = z.object({ runs: z.array(z.object({ run: z.string() })) });
type Reuse = (run: string) => boolean;

/** The runs that a plan was made from. Whoever asks for the same once more, when that is there, wants another. */
function usedRuns(root: string): ReadonlySet<string> {
  const folders = [ABOVE, `${ABOVE}/archive`].flatMap((folder) => {
    return isThere(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [];
  });
  const files = folders.map((folder) => join(root, folder, MADE_FROM)).filter(isThere);
  const made = files.map((file) => MadeFrom.safeParse(jsonOrNull(readFileSync(file, "utf8"))));
  return new Set(made.flatMap(({ data }) => data?.runs.map(({ run }) => run) ?? []));
}

const isTaken = (root: string, name: string): boolean =>
  [name, `archive/${name}`].some((path) => isThere(join(root, ABOVE, path)));

function freeName(root: string, wanted: string): string {
  let name = wanted;
  for (let n = 2; isTaken(root, name); n++) name = `${wanted}-${n}`;
  return name;
}
