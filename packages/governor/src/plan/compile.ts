import { createHash } from "node:crypto";
import { TaskId } from "@dgov/kernel";
import { formatClaim } from "@dgov/sandbox/claim";
import type { Place } from "../error.ts";
import { gateNames } from "../gate_names.ts";
import type { Project } from "../project.ts";
import { wishOf } from "../routing.ts";
import type { Sop } from "../sop_file.ts";
import { pickSops, renderSops, type SopSet } from "../sops.ts";
import { claimPlaces, departmentPlaces, isWrite } from "./claims.ts";
import type { CompiledPlan, CompiledTask, Files } from "./compiled.ts";
import { artifactPlaces } from "./contract/artifacts.ts";
import { CONTRACT_FILE } from "./contract/file.ts";
import { refuteContract } from "./contract/refute.ts";
import { type Graph, resolveGraph } from "./graph.ts";
import { chooseProvider, type Wish } from "./resolve.ts";
import { FILE_KEYS, type FileKey, type PlanSource, placeOf, type RootFile, type SourceTask } from "./source.ts";
import type { SymbolFacts } from "./symbols.ts";
import { testsPlaces } from "./tests_first.ts";
import { warningPlaces } from "./warnings.ts";

/**
 * `landed`    unit hashes of tasks whose work is in the repository: what they created is there, and rightly so
 * `deployed`  the same by id, for what dgov 0.8 has landed
 * `providers` "advised": a task without a provider or an agent is a warning
 * `symbols`   of the files of which symbols are claimed: of what is not in it nothing is known, and that is refused
 */
export type CompileOptions = {
  landed?: ReadonlySet<string>;
  deployed?: ReadonlySet<string>;
  providers?: "required" | "advised";
  symbols?: SymbolFacts;
};

/** Seconds for one attempt of a task that sets none. */
const TIMEOUT_S = 600;

/**
 * Compiles a plan: pure, the same plan for the same arguments, byte for byte.
 *
 * @returns the plan, or null when any place is an error; and all places at once, in plan order
 */
export function compilePlan(
  source: PlanSource,
  project: Project,
  sops: SopSet,
  { landed = new Set(), deployed = new Set(), providers = "required", symbols = new Map() }: CompileOptions = {},
): Compiled {
  const { root, tasks, facts } = source;
  if (root === null) return { plan: null, places: inOrder(source.places, source), dispatch: null };
  const { graph, places: orderPlaces } = resolveGraph(tasks, source.broken);
  const assigned = new Map(tasks.map((task) => [task.id, assignSops(task, sops.sops)]));
  const compiled = tasks.map((task) => compileTask(task, graph, assigned.get(task.id)!.sops));
  const units = new Map(compiled.map(({ id, unit }) => [String(id), unit]));
  const unmatched = sops.sops.length === 0 ? [] : tasks.filter(({ id }) => assigned.get(id)!.sops.length === 0);
  const places = [
    ...source.places,
    ...orderPlaces,
    ...(source.broken.length > 0 ? [] : artifactPlaces(tasks, graph)), // one that cannot be read may make anything
    ...claimPlaces({ tasks, graph, facts, symbols, landed: (id) => landed.has(units.get(id)!) || deployed.has(id) }),
    ...departmentPlaces(tasks, project.rules.departments),
    ...testsPlaces(tasks, root.plan.method ?? null),
    ...tasks.flatMap(emptyPrompt),
    ...tasks.flatMap((task, at) =>
      providerPlaces(task, wishOf(compiled[at]!, defaultsOf(root), project), { project, mode: providers }),
    ),
    ...tasks.flatMap(({ id }) => assigned.get(id)!.places),
    ...warningPlaces({ tasks, graph, facts, symbols, project, unmatched: unmatched.map(({ id }) => id) }),
  ];
  const head = planOf(source, root, sops);
  const { contract } = source;
  const dispatch = sha256([head.hashes.charter, compiled.map(({ id, unit }) => [id, unit])]);
  // With a task that cannot be read nearly all a contract states is false, and only that task is news.
  if (contract === null || source.broken.length > 0)
    return concluded(sealed(head, compiled), { places, source, dispatch });
  const known = { tasks, facts, symbols, project, gates: gateNames(project), graph, plan: head, compiled };
  places.push(...refuteContract(contract, { ...known, dispatch }));
  return concluded(sealed({ ...head, hashes: { ...head.hashes, contract: contract.hash } }, compiled), {
    places,
    source,
    dispatch,
  });
}

/** `dispatch`: sha-256 (hex) of what workers are told, also of a plan with errors; null where its root cannot be read. */
type Compiled = { plan: CompiledPlan | null; places: Place[]; dispatch: string | null };
type Concluding = { places: readonly Place[]; source: PlanSource; dispatch: string };

function concluded(plan: CompiledPlan, { places, source, dispatch }: Concluding): Compiled {
  const isWrong = places.some(({ severity }) => severity === "error");
  return { plan: isWrong ? null : plan, places: inOrder(places, source), dispatch };
}

/** The plan with its hash. What is read back from a file is sealed again, and the hashes compared. */
export function sealed(head: PlanHead, tasks: readonly CompiledTask[]): CompiledPlan {
  const { dir: _dir, hashes, ...rest } = head;
  const given = { charter_hash: hashes.charter, sop_set_hash: hashes.sops, contract_hash: hashes.contract };
  return { ...head, hash: sha256({ ...rest, ...given, tasks }), tasks };
}

export type PlanHead = Omit<CompiledPlan, "hash" | "tasks">;

function planOf({ dir, hash }: PlanSource, { plan, limits, budget }: RootFile, sops: SopSet): PlanHead {
  return {
    name: plan.name,
    summary: plan.summary,
    dir,
    ...defaultsOf({ plan }),
    ...(plan.method ? { method: plan.method } : {}),
    limits,
    ...(budget ? { budget } : {}),
    hashes: { source: hash, charter: sops.charter_hash, sops: sops.hash },
  };
}

const defaultsOf = ({ plan }: Pick<RootFile, "plan">) => ({
  default_agent: orNull(plan.default_agent),
  default_provider: orNull(plan.default_provider),
});

function compileTask(task: SourceTask, graph: Graph, sops: readonly Sop[]): CompiledTask {
  const { table } = task;
  const body = {
    summary: table.summary,
    prompt: task.prompt,
    commit_message: table.commit_message.trim() === "" ? `feat: completed ${task.id}` : table.commit_message,
    role: table.role,
    depends_on: graph.after.get(task.id)!.map((id) => TaskId.parse(id)),
    files: filesOf(task),
    test_cmd: orNull(table.test_cmd),
    sops: sops.map(({ name }) => name),
    worker: {
      agent: orNull(table.agent),
      provider: orNull(table.provider),
      timeout_s: table.timeout_s === 0 ? TIMEOUT_S : table.timeout_s,
      iteration_budget: table.iteration_budget ?? null,
    },
    review: {
      self_review: table.self_review,
      max_fork_depth: table.max_fork_depth,
      ...(table.criteria.length > 0 ? { criteria: table.criteria } : {}),
    },
  };
  const unit = sha256({ ...body, sop_texts: renderSops(sops) });
  const { budget } = table;
  const tags = [...new Set(table.tags)];
  const { estimate } = table;
  const worker = {
    ...body.worker,
    ...(budget ? { budget } : {}),
    ...(tags.length > 0 ? { tags } : {}),
    ...(estimate ? { estimate } : {}),
  };
  const review = { ...body.review, ...(table.approval ? { approval: true as const } : {}) };
  return { id: TaskId.parse(task.id), ...body, worker, review, unit };
}

/** Claims in the order written, each once, in their one spelling. */
function filesOf({ claims, tests }: SourceTask): Files {
  const files: Record<FileKey, readonly string[]> = { create: [], edit: [], delete: [], read: [], touch: [] };
  for (const key of FILE_KEYS) {
    const own = claims.filter((claim) => claim.key === key);
    files[key] = [...new Set(own.map(({ claim }) => formatClaim(claim)))];
  }
  return tests.length > 0 ? { ...files, tests } : files; // what has none is the unit that it was before there were any
}

type Assigned = { sops: readonly Sop[]; places: readonly Place[] };

function assignSops(task: SourceTask, sops: readonly Sop[]): Assigned {
  const { sop_mapping: pinned, summary, role } = task.table;
  if (pinned.length === 0) {
    const paths = task.claims
      .filter((claim) => isWrite(claim) && claim.key !== "delete")
      .map(({ claim }) => claim.path);
    return { sops: pickSops(sops, { summary, role, paths }), places: [] };
  }
  const known = sops.map(({ name }) => name);
  const places = pinned.flatMap((name, at) => {
    if (known.includes(name)) return [];
    const message = `Cannot give "${task.id}" the SOP "${name}": there are ${known.map((one) => `"${one}"`).join(", ") || "none"}`;
    return [placeOf(task, ["sop_mapping", at], { code: "sop_unknown", message })];
  });
  return { sops: sops.filter(({ name }) => pinned.includes(name)), places };
}

function emptyPrompt(task: SourceTask): Place[] {
  if (task.prompt.trim() !== "" || task.table.role === "reviewer") return [];
  const message = `Cannot start "${task.id}": its prompt is empty`;
  return [placeOf(task, ["prompt"], { code: "prompt_empty", message })];
}

type Providing = { project: Project; mode: "required" | "advised" };

function providerPlaces(task: SourceTask, wish: Wish, { project, mode }: Providing): Place[] {
  const chosen = chooseProvider(wish, project);
  if (chosen.ok) return [];
  const severity = mode === "required" ? "error" : "warning";
  const key = chosen.code.startsWith("agent_") ? "agent" : "provider";
  return [placeOf(task, [key], { severity, code: chosen.code, message: `Cannot start "${task.id}": ${chosen.why}` })];
}

/** By file as the plan reads, then from top to bottom; what has no place comes last. */
function inOrder(places: readonly Place[], { dir, tasks }: PlanSource): Place[] {
  const files = [`${dir}/_root.toml`, ...new Set(tasks.map(({ toml }) => toml.file)), `${dir}/${CONTRACT_FILE}`];
  const rank = ({ file }: Place) => (file !== null && files.includes(file) ? files.indexOf(file) : files.length);
  return [...places].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      compare(a.file ?? "\uffff", b.file ?? "\uffff") ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compare(a.code, b.code),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const orNull = (text: string): string | null => (text.trim() === "" ? null : text);
const sha256 = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");
