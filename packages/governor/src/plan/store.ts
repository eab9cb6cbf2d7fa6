import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Role, TaskId } from "@dgov/kernel";
import { Estimate } from "@dgov/kernel/estimate";
import type { JsonMap } from "@iarna/toml";
import { z } from "zod";
import { CeilingTable, PlanBudgetTable } from "../budget_file.ts";
import { LimitsTable } from "../config_file.ts";
import { DgovError } from "../error.ts";
import { deployedBefore } from "../past.ts";
import type { Project } from "../project.ts";
import { readSops } from "../sops.ts";
import { check, parseToml } from "../toml.ts";
import { writeToml } from "../toml_write.ts";
import { writeAtomic } from "../write.ts";
import { type CompileOptions, compilePlan, sealed } from "./compile.ts";
import type { CompiledPlan, CompiledTask } from "./compiled.ts";
import { Method } from "./method.ts";
import { readPlan, spokenOf } from "./read.ts";
import { FILE_KEYS } from "./source.ts";
import { type FindSymbols, gatherSymbols } from "./symbols.ts";

const FILE = "_compiled.toml";

/**
 * Reads and compiles a plan folder, SOPs included. Writes nothing. `path` is the PATH that workers will have; `find` is
 * asked where symbols are claimed, and who leaves it out has them refused.
 */
export async function compileFolder(
  project: Project,
  dir: string,
  { find = findNone, ...options }: CompileOptions & { path?: string | null; find?: FindSymbols } = {},
): Promise<ReturnType<typeof compilePlan>> {
  const { sops, places } = readSops(project.root);
  const source = readPlan(project.root, dir, options);
  const symbols = await gatherSymbols(project.root, spokenOf(source), find);
  const deployed = new Set(deployedBefore(project.root, source.root?.plan.name ?? "").keys());
  const compiled = compilePlan(source, project, sops, { deployed, symbols, ...options });
  const plan = places.length === 0 ? compiled.plan : null;
  return { ...compiled, plan, places: [...places, ...compiled.places] };
}

const findNone: FindSymbols = async () => [];

/** Writes `_compiled.toml` into the plan's folder: all of it or nothing, and the same bytes for the same plan. */
export function writeCompiled(root: string, plan: CompiledPlan): string {
  const path = `${plan.dir}/${FILE}`;
  writeAtomic(join(root, path), compiledToml(plan));
  return path;
}

/**
 * Reads a compiled plan back. The file is not trusted: it passes its schema, and its hash must be that of what it says.
 *
 * @throws DgovError `plan_uncompiled` when there is none, `plan_invalid` when it is damaged or edited by hand
 */
export function loadCompiled(root: string, dir: string): CompiledPlan {
  const file = `${dir}/${FILE}`;
  const why = `Cannot load the plan "${dir}"`;
  const hint = `Run "dgov compile ${dir}"`;
  if (!statSync(join(root, file), { throwIfNoEntry: false })?.isFile())
    throw new DgovError("plan_uncompiled", `${why}: it is not compiled`, { hint });
  const { toml, places } = parseToml(readFileSync(join(root, file)), file);
  if (toml && Foreign.safeParse(toml.value).success)
    throw new DgovError("plan_uncompiled", `${why}: it was compiled by dgov 0.8`, { hint });
  const read = toml === null ? { value: null, places } : check(CompiledFile, { toml, path: [] });
  if (read.value === null)
    throw new DgovError("plan_invalid", `${why}: "${FILE}" is damaged`, { places: read.places, hint });
  const { hash, ...head } = read.value.plan;
  const plan = sealed(headOf(dir, head), Object.entries(read.value.tasks).map(taskOf));
  if (plan.hash !== hash)
    throw new DgovError("plan_invalid", `${why}: "${FILE}" was changed after it was compiled`, { hint });
  return plan;
}

/** Why a compiled plan does not say what a compile would say now; null when it does. */
export type Staleness = "uncompiled" | "damaged" | "source" | "sops" | "charter" | null;

export function staleness(root: string, dir: string): Staleness {
  const plan = loadIfSound(root, dir);
  if (typeof plan === "string") return plan;
  if (readPlan(root, dir).hash !== plan.hashes.source) return "source";
  const { sops } = readSops(root);
  if (sops.hash !== plan.hashes.sops) return "sops";
  return sops.charter_hash === plan.hashes.charter ? null : "charter";
}

function loadIfSound(root: string, dir: string): CompiledPlan | "uncompiled" | "damaged" {
  try {
    return loadCompiled(root, dir);
  } catch (error) {
    if (error instanceof DgovError && error.code === "plan_uncompiled") return "uncompiled";
    if (error instanceof DgovError && error.code === "plan_invalid") return "damaged";
    throw error;
  }
}

const list = z.array(z.string());
const text = z.string();
const FilesTable = z.strictObject({
  touch: list.default([]),
  create: list.default([]),
  edit: list.default([]),
  delete: list.default([]),
  read: list.default([]),
});

const CompiledTable = z.strictObject({
  summary: text.default(""),
  prompt: text,
  commit_message: text,
  agent: text.optional(),
  provider: text.optional(),
  role: Role.default("worker"),
  depends_on: z.array(TaskId).default([]),
  timeout_s: z.int().min(0),
  iteration_budget: z.int().min(1).optional(),
  test_cmd: text.optional(),
  tests: list.optional(),
  self_review: z.boolean().default(false),
  max_fork_depth: z.int().min(0).default(1),
  sop_mapping: list.default([]),
  budget: CeilingTable.optional(),
  tags: list.optional(),
  estimate: Estimate.optional(),
  approval: z.literal(true).optional(),
  criteria: list.optional(),
  unit: text,
  files: z.union([list.transform((touch) => FilesTable.parse({ touch })), FilesTable]).prefault({}),
});

const CompiledFile = z.strictObject({
  plan: z.strictObject({
    name: text,
    summary: text.default(""),
    hash: text,
    source_hash: text,
    sop_set_hash: text,
    charter_hash: text,
    contract_hash: text.optional(),
    default_agent: text.optional(),
    default_provider: text.optional(),
    method: Method.optional(),
    limits: LimitsTable.prefault({}),
    budget: PlanBudgetTable.optional(),
  }),
  tasks: z.record(z.string(), CompiledTable),
});
type CompiledFile = z.infer<typeof CompiledFile>;

/** What only dgov 0.8 writes: its compiled plan is no damaged one of ours. */
const Foreign = z.object({ plan: z.object({ source_mtime_max: z.string(), hash: z.undefined().optional() }) });

function headOf(dir: string, head: Omit<CompiledFile["plan"], "hash">) {
  const { name, summary, method, limits, budget, contract_hash: contract } = head;
  const default_agent = head.default_agent ?? null;
  const default_provider = head.default_provider ?? null;
  const ceilings = { ...(method ? { method } : {}), limits, ...(budget ? { budget } : {}) };
  const { source_hash: source, charter_hash: charter, sop_set_hash: sops } = head;
  const hashes = { source, charter, sops, ...(contract === undefined ? {} : { contract }) };
  return { name, summary, dir, default_agent, default_provider, ...ceilings, hashes };
}

function taskOf([id, table]: [string, z.infer<typeof CompiledTable>]): CompiledTask {
  const { create, edit, delete: gone, read, touch } = table.files;
  return {
    id: TaskId.parse(id),
    summary: table.summary,
    prompt: table.prompt,
    commit_message: table.commit_message,
    role: table.role,
    depends_on: table.depends_on,
    files: { create, edit, delete: gone, read, touch, ...(table.tests ? { tests: table.tests } : {}) },
    test_cmd: table.test_cmd ?? null,
    sops: table.sop_mapping,
    worker: {
      agent: table.agent ?? null,
      provider: table.provider ?? null,
      timeout_s: table.timeout_s,
      iteration_budget: table.iteration_budget ?? null,
      ...(table.budget ? { budget: table.budget } : {}),
      ...(table.tags ? { tags: table.tags } : {}),
      ...(table.estimate ? { estimate: table.estimate } : {}),
    },
    review: {
      self_review: table.self_review,
      max_fork_depth: table.max_fork_depth,
      ...(table.approval ? { approval: true as const } : {}),
      ...(table.criteria ? { criteria: table.criteria } : {}),
    },
    unit: table.unit,
  };
}

/** The text of `_compiled.toml`: the original's keys in its order, and what is the default left out. */
function compiledToml(plan: CompiledPlan): string {
  const head: JsonMap = {
    name: plan.name,
    ...unless("summary", plan.summary, ""),
    hash: plan.hash,
    source_hash: plan.hashes.source,
    sop_set_hash: plan.hashes.sops,
    charter_hash: plan.hashes.charter,
    ...unless("contract_hash", plan.hashes.contract ?? null, null),
    ...unless("default_agent", plan.default_agent, null),
    ...unless("default_provider", plan.default_provider, null),
    ...unless("method", plan.method ?? null, null),
  };
  const limits = present(plan.limits);
  if (Object.keys(limits).length > 0) head.limits = limits;
  if (plan.budget) {
    const { task, ...run } = plan.budget;
    head.budget = { ...present(run), ...(task ? { task: present(task) } : {}) };
  }
  const tasks = Object.fromEntries(plan.tasks.map((task) => [task.id, taskTable(task)]));
  const text = writeToml({ plan: head, tasks });
  return `# Made by "dgov compile". Changes belong into the plan's own files.\n${text}`;
}

const present = (table: Readonly<Record<string, number | string | number[] | undefined>>): JsonMap =>
  Object.fromEntries(Object.entries(table).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));

function taskTable(task: CompiledTask): JsonMap {
  const used = FILE_KEYS.filter((key) => task.files[key].length > 0);
  const touched = used.every((key) => key === "touch");
  const files = touched ? [...task.files.touch] : Object.fromEntries(used.map((key) => [key, [...task.files[key]]]));
  return {
    ...unless("summary", task.summary, ""),
    prompt: task.prompt,
    commit_message: task.commit_message,
    ...unless("agent", task.worker.agent, null),
    ...unless("provider", task.worker.provider, null),
    ...unless("role", task.role, "worker"),
    ...(task.depends_on.length === 0 ? {} : { depends_on: [...task.depends_on] }),
    timeout_s: task.worker.timeout_s,
    ...unless("iteration_budget", task.worker.iteration_budget, null),
    ...unless("test_cmd", task.test_cmd, null),
    ...(task.files.tests ? { tests: [...task.files.tests] } : {}),
    ...unless("self_review", task.review.self_review, false),
    ...unless("max_fork_depth", task.review.max_fork_depth, 1),
    ...(task.sops.length === 0 ? {} : { sop_mapping: [...task.sops] }),
    unit: task.unit,
    ...(task.worker.budget ? { budget: present(task.worker.budget) } : {}),
    ...(task.review.approval ? { approval: true } : {}),
    ...(task.review.criteria ? { criteria: [...task.review.criteria] } : {}),
    ...(task.worker.tags ? { tags: [...task.worker.tags] } : {}),
    ...(task.worker.estimate ? { estimate: present(task.worker.estimate) } : {}),
    ...(used.length === 0 ? {} : { files }),
  };
}

/** The pair, unless the value is the default. */
function unless<Value extends string | number | boolean | null>(key: string, value: Value, standard: Value): JsonMap {
  return value === standard || value === null ? {} : { [key]: value };
}
