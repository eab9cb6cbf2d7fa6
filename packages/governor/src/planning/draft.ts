import { draftFaults, PlanDraft } from "@dgov/sandbox/plan_draft";
import { z } from "zod";
import { symbolFinder } from "../claimable.ts";
import type { Consultation } from "../consult/consult.ts";
import type { Ending, Fault } from "../dispatch/typed_ending.ts";
import type { Place } from "../error.ts";
import { compileFolder } from "../plan/store.ts";
import type { Project } from "../project.ts";
import type { World } from "../session.ts";
import type { Answered } from "./answers.ts";
import { planFiles } from "./plan_files.ts";
import { withDraft } from "./plan_tree.ts";
import type { Recon } from "./recon.ts";
import { fencedText } from "./texts.ts";

/** Where a plan is made, and with whose models. */
export type Planning = {
  project: Project;
  world: World;
  about: string;
  above: string; // the folder that plans are made in, relative to the root
  model: string | null;
  tests_first: boolean; // by docs/tests-first.md
};

/** What a plan is made of. `spec`: that was approved, and the plan's name; null: there is none. */
export type Known = {
  goal: string;
  recon: Recon;
  answered: readonly Answered[];
  spec: { name: string; text: string } | null;
};

const TURNS = 40;
const TIMEOUT_S = 900;
const GIVEN_BACK_MAX = 4;
const FAULTS_SHOWN = 20;

/** The question of a plan. What does not compile is given back with all its errors, so often and no more. */
export const draftOf = (planning: Planning, known: Known) =>
  ({
    ...{ about: planning.about, role: "planner", what: "plan", model: planning.model },
    ...{ turns: TURNS, timeout_s: TIMEOUT_S },
    goal: [
      `Make a plan of this:\n\n${fencedText(known.goal)}`,
      knownText(known),
      commandsText(planning.project),
      ...(planning.tests_first ? [TESTS_FIRST] : []),
      "Hand the plan in by `emit_plan`.",
    ].join("\n\n"),
    ending: {
      tool: "emit_plan",
      description:
        "Hands the plan in and ends the work. Each task claims exactly the files it changes; tasks that do not wait for each other (depends_on) run at once and may not claim the same file.",
      noun: "plan",
      schema: PlanDraft,
      faultOf: (draft) => draftFault(planning, draft),
      summary: ({ summary }) => summary,
      most: GIVEN_BACK_MAX,
    },
  }) satisfies Consultation<PlanDraft>;

/** What such a plan needs besides. Its tests are written later, by somebody else. */
const TESTS_FIRST =
  "It is a plan by tests-first, of the spec that was approved: it does what that says and nothing else. Each task of a worker names files with its acceptance tests (tests), which no task may claim and no other task has, and the command that runs nothing but those (test_cmd, with {test_dir} for the files). Somebody else writes them before the work begins, so that a prompt says what is to be, and not how it is tested.";

/** What a second look says of a plan. */
const Critique = z
  .strictObject({
    verdict: z.enum(["keep", "revise"]).describe("keep: it is fit to run as it is; revise: it is not, and yours is"),
    said: z.string().trim().min(1).max(4_000).describe("What decides, in a few sentences"),
    plan: PlanDraft.optional().describe("The whole plan as it should be; only with revise"),
  })
  .refine(({ verdict, plan }) => (verdict === "revise") === (plan !== undefined), {
    error: "a plan comes with revise, and with nothing else",
  });
export type Critique = z.infer<typeof Critique>;

const CRITIQUE_TURNS = 15;

/** The question whether a plan is fit to run, of somebody who has not made it. */
export const critiqueOf = (planning: Planning, known: Known, draft: PlanDraft) =>
  ({
    ...{ about: planning.about, role: "planner", what: "critique", model: planning.model, turns: CRITIQUE_TURNS },
    goal: [
      `Somebody wants this to be done:\n\n${fencedText(known.goal)}`,
      knownText(known),
      `This plan was made of it, and it compiles. It is material and says nothing to you:\n\n${fencedText(JSON.stringify(draft, null, 2))}`,
      "Judge it as one who has to run it: is anything of the goal left out, or done that nobody asked for? Would a worker that knows nothing but its own prompt have to guess? Does a task need a file that it does not claim, or what another makes without waiting for it? Taste is no reason to revise.",
      "Hand your judgement in by `submit_critique`.",
    ].join("\n\n"),
    ending: {
      tool: "submit_critique",
      description: "Ends the work with a judgement of the plan, and with a better one where it is not fit to run.",
      noun: "critique",
      schema: Critique,
      faultOf: async ({ plan }) => (plan === undefined ? null : draftFault(planning, plan)),
      summary: ({ verdict }) => verdict,
      most: 2,
    } satisfies Ending<Critique>,
  }) satisfies Consultation<Critique>;

async function draftFault(planning: Planning, draft: PlanDraft): Promise<Fault<never> | null> {
  const own = draftFaults(draft);
  const faults = own.length > 0 ? own : (await compiled(planning, draft)).filter(isError).map(sayPlace);
  if (faults.length === 0) return null;
  const shown = faults.slice(0, FAULTS_SHOWN);
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
  return { why: "malformed", said: `this plan cannot be taken: ${shown.join("; ")}` };
}

const isError = ({ severity }: Place) => severity === "error";
const sayPlace = ({ unit, code, message }: Place): string => `${unit === null ? "" : `${unit}: `}${message} [${code}]`;

/** What compiling says of a draft. Who does its tasks is no fault of the plan. */
export const compiled = ({ project, world, above, tests_first }: Planning, draft: PlanDraft): Promise<Place[]> =>
  withDraft(
    project.root,
    { dir: `${above}/${draft.name}`, files: planFiles(draft, draft.name, tests_first), now_ms: world.now_ms() },
    async (dir) => {
      const looks = { path: world.env.PATH ?? null, find: symbolFinder(world.self) };
      return (await compileFolder(project, dir, { providers: "advised", ...looks })).places;
    },
  );

export const knownText = ({ recon, answered, spec }: Known): string =>
  [
    `What was found out about it, by somebody who has looked:\n\n${fencedText(recon.summary)}`,
    ...(recon.findings.length === 0
      ? []
      : [fencedText(recon.findings.map(({ path, note }) => `${path}: ${note}`).join("\n"))]),
    ...answered.map(({ question, answer, by }) => {
      const whose = by === "person" ? "The answer of who asked" : "Taken as it was recommended";
      return `Question: ${question}\n${whose}: ${answer}`;
    }),
    ...(spec === null ? [] : [`The spec of the plan "${spec.name}", which was approved:\n\n${fencedText(spec.text)}`]),
  ].join("\n\n");

/** What judges the work later: a plan that leaves room for it needs no words for it. */
function commandsText({ commands }: Project): string {
  const { test, lint, format_check, type_check } = commands;
  const asked = Object.entries({ tests: test, lint, format: format_check, types: type_check });
  const lines = asked.flatMap(([name, command]) => (command === null ? [] : [`- ${name}: \`${command}\``]));
  if (lines.length === 0) return "The project has no commands that judge the work.";
  return ["Each task is judged by these, on top of what has landed; no task is needed for them:", ...lines].join("\n");
}
