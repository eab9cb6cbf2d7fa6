import type { Cause, EventOf, Failed, TaskId } from "@dgov/kernel";
import type { RecipeName, Scope } from "@dgov/sandbox";
import { shellPath } from "@dgov/sandbox/shell_quote";
import {
  type AnswerForm,
  type Facts,
  firstMessages,
  type Limits,
  type Order,
  type Previous,
  programPrompt,
  ROLES,
} from "@dgov/worker";
import type { Program } from "../agent_file.ts";
import { type CaseLaw, caseLaw } from "../case_law.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import { saidIn } from "../said_findings.ts";
import type { Site } from "../site.ts";
import { answerable, answerWords, saidWords } from "./answer_findings.ts";
import { commonFacts, recipeTools } from "./facts.ts";
import type { Guest } from "./guest.ts";

/**
 * What a worker is sent off with. `required`: the check that fell before, which must pass before `done` is taken;
 * `recalled`: what of it is from the ledger.
 */
export type WorkOrder = Order & {
  required: { label: string; recipe: RecipeName } | null;
  recalled: CaseLaw["recalled"];
};

/**
 * `program`: the command-line agent that does it all; `guest`: who does it with our tools; neither: a model does, with our
 * tools. `form`: of who is asked for an answer.
 */
type Attempting = {
  unit: CompiledTask;
  attempt: number;
  scope: Scope;
  failed: Failed | null;
  carried: boolean;
  program: Program | null;
  guest?: Guest | undefined;
  form?: AnswerForm | null;
};

/** Makes the order of one attempt: the role's words, the facts of the task, and what the attempt before it taught. */
export async function orderOf(site: Site, attempting: Attempting): Promise<WorkOrder> {
  const { unit, scope, program } = attempting;
  const { project } = site;
  const required = requiredCheck(attempting, lastRejection(site, unit.id));
  const limits = limitsOf(site, attempting);
  const hosts = program?.hosts ?? project.rules.sandbox.hosts;
  const law = caseLaw(project.root, scope.write, site.world.now_ms());
  const facts: Facts = {
    ...(await commonFacts(site, { unit, scope, hosts })),
    checks: {
      ...{ recipes: recipeTools(scope), test_targets: scope.test_targets, required: required?.label ?? null },
      ...(mustWatch(site, attempting) ? { red_first: true } : {}),
    },
    known: law.lines,
    limits,
    previous: previousOf(site, attempting),
  };
  const goal = together(goalOf(unit), saidWords(saidIn(site.session, unit.id)));
  if (program !== null) {
    const told = { ...facts, checks: { ...facts.checks, recipes: ownChecks(scope) } };
    const { form = null } = attempting;
    const text = programPrompt(unit.role, told, { goal, form, lent: program.mcp && form === null });
    return { messages: [{ role: "user", text }], ending: "", limits, required: null, recalled: law.recalled };
  }
  const { ending } = ROLES[unit.role];
  return {
    messages: firstMessages(unit.role, facts, together(goal, answerWords(answerable(site, unit.id)))),
    ending,
    limits,
    required,
    recalled: law.recalled,
  };
}

const together = (...texts: string[]): string => texts.filter((text) => text !== "").join("\n\n");

/** The task's own words, and what its reviewers judge one by one. */
function goalOf({ prompt, review: { criteria = [] } }: CompiledTask): string {
  if (criteria.length === 0) return prompt;
  return [
    `${prompt.trimEnd()}\n\nEach of these must be so when you end, and is judged by itself:`,
    ...criteria.map((one) => `- ${one}`),
  ].join("\n");
}

/** Who goes on from work that has begun cannot see any more what was before it. */
const mustWatch = ({ project }: Pick<Site, "project">, { unit, carried }: Attempting): boolean =>
  project.rules.evidence.unwatched_tests === "refuse" && unit.test_cmd !== null && !carried;

/** The project's checks as a program can run them itself. */
function ownChecks({ recipes, test_targets }: Scope): string[] {
  const targets = test_targets.length === 0 ? "" : test_targets.map(shellPath).join(" ");
  return Object.values(recipes).flatMap((command) => {
    if (command === null || (targets === "" && command.includes("{test_dir}"))) return [];
    return [command.replaceAll("{test_dir}", targets)];
  });
}

function limitsOf({ project, session }: Site, { unit, program, guest }: Attempting): Limits {
  const { id, worker: own } = unit;
  const { worker } = project;
  const turns = own.iteration_budget ?? worker.iteration_budget;
  const capped_ms = program?.timeout_ms ?? null;
  const own_ms = guest?.time_ms ?? own.timeout_s * 1000;
  const left_ms = [
    ...(own_ms > 0 ? [own_ms] : []),
    ...(capped_ms === null ? [] : [capped_ms]),
    ...timeLeft(session, id),
  ];
  const time_ms = left_ms.length === 0 ? null : Math.min(...left_ms);
  const limits = { turns, warn_at: Math.min(worker.warn_at, turns), time_ms };
  return guest ? { ...limits, counted: "calls" } : limits;
}

/** Until the ceilings of time are passed, for each that there is. */
function timeLeft(session: Site["session"], task: TaskId): number[] {
  const { run } = session;
  const { run_ms, task_ms } = session.worked(task);
  const own = run.started.tasks[run.index.get(task) ?? -1]?.limits?.wall_ms ?? null;
  const { wall_ms } = run.started.limits;
  const rest = (most: number | null, worked_ms: number) => (most === null ? [] : [Math.max(0, most - worked_ms) + 1]);
  return [...rest(wall_ms, run_ms), ...rest(own, task_ms)];
}

/** Only a test that the worker can run itself, and make pass, can be asked of it. */
function requiredCheck(
  { scope }: Attempting,
  rejected: EventOf<"candidate_rejected"> | undefined,
): WorkOrder["required"] {
  const { test } = scope.recipes;
  if (rejected?.gate !== "tests" || test === null) return null;
  if (rejected.blame === "base" || rejected.blame === "environment") return null; // it may not be able to make it pass
  if (scope.test_targets.length === 0 && test.includes("{test_dir}")) return null;
  return { label: test.replace("{test_dir}", scope.test_targets.join(" ")), recipe: "test" };
}

/** What the log knows of the attempt before this one. What was found by the last judges stands until others judge. */
function previousOf(site: Site, { unit, attempt, failed, carried }: Attempting): Previous | null {
  if (!failed || attempt < 2) return null;
  const rejected = lastRejection(site, unit.id);
  const own = OWN_WORDS.includes(failed.cause);
  const frozen = eventsOf(site, "candidate_frozen", unit.id).findLast((event) => event.attempt === attempt - 1);
  const output =
    eventsOf(site, "gate_judged", unit.id).findLast(
      (event) => event.attempt === rejected?.attempt && event.verdict !== "pass",
    )?.output ?? null;
  return {
    attempt: attempt - 1,
    cause: failed.cause,
    detail: own ? "" : failed.detail,
    gate: failed.gate,
    judged: rejected?.attempt ?? null,
    summary: frozen?.summary ?? (own ? failed.detail : null),
    findings: [...(rejected?.findings ?? []), ...blameFindings(rejected)],
    output: output === null ? null : output.tail || output.head,
    carried,
  };
}

/** Causes whose detail is what the worker itself said in `done`. */
const OWN_WORDS: readonly Cause[] = ["incomplete", "blocked"];

/** What the gate said of other trees, as one more thing to know. */
function blameFindings(rejected: EventOf<"candidate_rejected"> | undefined): { code: string; message: string }[] {
  const { blame, clash } = rejected ?? {};
  const message = blame && TOLD[blame];
  if (message === undefined) return [];
  const whose = clash?.task ? ` of "${clash.task}"` : "";
  const since = clash ? `, from ${clash.commit}${whose} on` : "";
  return [{ code: `blame_${blame}`, message: `${message}${since}` }];
}

type Blame = NonNullable<EventOf<"candidate_rejected">["blame"]>;
const TOLD: Partial<Record<Blame, string>> = {
  base: "The target's head fails this gate too, without your work: mend what your task is about, and leave the rest",
  integration: "Your work alone passes this gate: it fails together with what has landed since it began",
  environment: "This gate cannot be asked of the target's head either: that is not yours to mend",
};

/** The last word of the judges on a task: what was lost or ran out of time since then has mended nothing yet. */
const lastRejection = (site: Site, task: TaskId) => eventsOf(site, "candidate_rejected", task).at(-1);

const eventsOf = <Kind extends "gate_judged" | "candidate_frozen" | "candidate_rejected">(
  { session }: Site,
  kind: Kind,
  task: TaskId,
): EventOf<Kind>[] => session.read(kind, task);
