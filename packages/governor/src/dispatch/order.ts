import type { Cause, EventOf, Failed, TaskId } from "@dgov/kernel";
import { formatClaim, INTERPRETED, type Level, RECIPE_TOOLS, type RecipeName, type Scope } from "@dgov/sandbox";
import { type Facts, firstMessages, type Limits, type Order, type Previous, ROLES } from "@dgov/worker";
import { caseLaw } from "../case_law.ts";
import { items } from "../git/git.ts";
import { networkWords } from "../network.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { Site } from "../site.ts";
import { renderSops } from "../sops.ts";

/** What a worker is sent off with. `required`: the check that fell before, which must pass before `done` is taken. */
export type WorkOrder = Order & { required: { label: string; recipe: RecipeName } | null };

type Attempting = { unit: CompiledTask; attempt: number; scope: Scope; failed: Failed | null; carried: boolean };

/** Makes the order of one attempt: the role's words, the facts of the task, and what the attempt before it taught. */
export async function orderOf(site: Site, attempting: Attempting): Promise<WorkOrder> {
  const { unit, scope } = attempting;
  const { project, jail } = site;
  const required = requiredCheck(attempting, lastRejection(site, unit.id));
  const limits = limitsOf(site, unit);
  const facts: Facts = {
    task: unit.id,
    project: projectFacts(project),
    claims: {
      write: scope.write.map(formatClaim),
      read: scope.read.map(formatClaim),
      deny: scope.deny,
      allow: scope.allow,
    },
    policy: policyLines(project),
    checks: { recipes: recipeTools(scope), test_targets: scope.test_targets, required: required?.label ?? null },
    sandbox: sandboxLines(jail.level, project),
    sops: site.sops
      .filter(({ name }) => unit.sops.includes(name))
      .map((sop) => ({ name: sop.title, text: renderSops([sop]) })),
    known: caseLaw(project.root, scope.write),
    repo_map: await repoMap(site, scope.base),
    limits,
    previous: previousOf(site, attempting),
  };
  const { ending } = ROLES[unit.role];
  return { messages: firstMessages(unit.role, facts, unit.prompt), ending, limits, required };
}

function limitsOf({ project, session }: Site, { id, worker: own }: CompiledTask): Limits {
  const { worker } = project;
  const turns = own.iteration_budget ?? worker.iteration_budget;
  const left_ms = [...(own.timeout_s > 0 ? [own.timeout_s * 1000] : []), ...timeLeft(session, id)];
  const time_ms = left_ms.length === 0 ? null : Math.min(...left_ms);
  return { turns, warn_at: Math.min(worker.warn_at, turns), time_ms };
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

const projectFacts = ({ layout, worker }: Project) => ({
  language: layout.language,
  src_dir: layout.src_dir,
  test_dir: layout.test_dir,
  line_length: worker.line_length,
  test_markers: worker.test_markers,
  conventions: Object.entries(worker.conventions).map(([topic, text]) => ({ topic, text })),
});

const RECIPES = ["test", "lint", "lint_fix", "format", "type_check"] as const satisfies readonly RecipeName[];

const recipeTools = ({ recipes }: Scope): string[] =>
  RECIPES.filter((name) => recipes[name] !== null).map((name) => RECIPE_TOOLS[name]);

function policyLines({ rules }: Project): string[] {
  const { restrict_run_bash, deny_shell_commands, rules: own, ...flags } = rules.tool_policy;
  if (!restrict_run_bash) return [];
  return [
    ...(flags.deny_shell_file_mutations ? ["Shell commands do not change files: use the file tools"] : []),
    ...(flags.require_wrapped_verify_tools
      ? ["Tests, linters and formatters run through their own tools, not through run_bash"]
      : []),
    ...(flags.require_uv_run ? ["Python programs are started with `uv run`"] : []),
    ...(deny_shell_commands.length > 0 ? [`Refused in run_bash: ${deny_shell_commands.join(", ")}`] : []),
    ...own.flatMap(({ deny, allow, why }) => [
      ...(deny.length > 0 ? [`Refused in run_bash: ${deny.join(", ")}${exceptions(allow)} (${why})`] : []),
    ]),
  ];
}

const exceptions = (allow: readonly string[]) => (allow.length > 0 ? `, but for ${allow.join(", ")}` : "");

/** What the level in force, and the network that the project opens at it, mean for a command. */
function sandboxLines(level: Level, { rules }: Project): string[] {
  const network = networkWords(level, rules.sandbox.hosts);
  if (level === "wasm") return [...WITHOUT_JAIL, network];
  return [network, "Only your claimed files and a private temporary folder can be written by commands", most(rules)];
}

/** What a task's commands may use together. What strikes is told in the answer, and is no reason to be surprised. */
function most({ sandbox }: Project["rules"]): string {
  const { memory_bytes, processes, tmp_bytes, file_bytes, open_files } = sandbox.limits;
  const mb = (bytes: number) => `${Math.round(bytes / (1024 * 1024))} MB`;
  return `Your commands together have ${mb(memory_bytes)} of memory, ${processes} processes and ${mb(tmp_bytes)} of temporary files; one file has ${mb(file_bytes)}, one process ${open_files} open files`;
}

const WITHOUT_JAIL = [
  "No jail confines this task, so no native program is started: no git, no interpreter, no compiler, no test runner",
  `run_bash is an interpreted bash with ${INTERPRETED.join(", ")}; its links, modes and background processes do not work`,
  "Tools that search, list and show changes work as ever; a check that starts a native program does not",
];

/** The first files of the repository, sources and tests before the rest, as many as the project wants shown. */
async function repoMap({ git, project }: Site, base: string): Promise<string> {
  const { src_dir, test_dir } = project.layout;
  const most = project.worker.tree_max_lines;
  const folders = [...new Set([src_dir, test_dir].map((path) => path.replace(/\/+$/, "")))].filter(
    (path) => path !== "." && path !== "",
  );
  const list = async (...args: string[]) => items((await git.ask(["ls-tree", "-z", "--name-only", ...args])).bytes);
  const [inside, top] = await Promise.all([
    folders.length === 0 ? [] : list("-r", base, ...folders.map((path) => `${path}/`)),
    list(base),
  ]);
  const paths = [...inside, ...top.filter((path) => !folders.includes(path))];
  const shown = most > 0 ? paths.slice(0, most) : paths;
  const more = paths.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
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
    findings: [...(rejected?.findings ?? []), ...blameFindings(rejected?.blame)],
    output: output === null ? null : output.tail || output.head,
    carried,
  };
}

/** Causes whose detail is what the worker itself said in `done`. */
const OWN_WORDS: readonly Cause[] = ["incomplete", "blocked"];

/** What the gate said of other trees, as one more thing to know. */
function blameFindings(blame: Blame | undefined): { code: string; message: string }[] {
  const message = blame && TOLD[blame];
  return message === undefined ? [] : [{ code: `blame_${blame}`, message }];
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
