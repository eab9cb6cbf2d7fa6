import { symbolFinder } from "./claimable.ts";
import { proveRules } from "./command_rules.ts";
import { readProject } from "./config.ts";
import { counted } from "./counted.ts";
import { DgovError, type Place } from "./error.ts";
import { withLog } from "./log.ts";
import { pastRuns } from "./past.ts";
import type { CompiledPlan, Files } from "./plan/compiled.ts";
import { graphText } from "./plan/graph_text.ts";
import { compileFolder, writeCompiled } from "./plan/store.ts";
import { ranAs } from "./ran_as.ts";
import { findPlan, findRoot } from "./root.ts";

/** What `dgov compile` shows. `output`: the file that was written, relative to the root; null when nothing was. */
export type CompileView = {
  status: "compiled";
  name: string;
  output: string | null;
  units: number;
  edges: number;
  sops_assigned: number;
  sop_set_hash: string;
  hash: string;
  dry_run: boolean;
  warnings: readonly Place[];
  tasks: readonly TaskView[];
  graph: string;
};

export type TaskView = {
  id: string;
  summary: string;
  role: string;
  depends_on: readonly string[];
  files: Files;
  sops: readonly string[];
};

/** Where the user stands, their environment, whose PATH workers will have, and the argv prefix that starts this program again. */
export type Asking = { cwd: string; env: Readonly<Record<string, string | undefined>>; self: readonly string[] };

/**
 * Compiles a plan and writes `_compiled.toml`, unless it is a dry run. A plan with errors leaves the old file as it was:
 * `staleness` tells that it no longer fits.
 *
 * @throws DgovError `plan_invalid` with every place, or what `readProject` and `findPlan` throw
 */
export async function compileForUser(
  { cwd, env, self }: Asking,
  text: string,
  { dry_run }: { dry_run: boolean },
): Promise<CompileView> {
  const root = findRoot(cwd);
  const dir = findPlan(root, cwd, text);
  const providers = dry_run ? "advised" : "required";
  const landed = await landedUnits(root, dir);
  const project = readProject(root, null, env);
  await proveRules(project);
  const { plan, places } = await compileFolder(project, dir, {
    providers,
    path: env.PATH ?? null,
    landed,
    find: symbolFinder(self),
  });
  if (!plan) {
    const faults = counted(places.filter(({ severity }) => severity === "error").length, "place");
    throw new DgovError("plan_invalid", `Cannot compile the plan "${dir}": ${faults} must be mended`, { places });
  }
  return {
    status: "compiled",
    name: plan.name,
    output: dry_run ? null : writeCompiled(root, plan),
    units: plan.tasks.length,
    edges: plan.tasks.reduce((sum, { depends_on }) => sum + depends_on.length, 0),
    sops_assigned: plan.tasks.filter(({ sops }) => sops.length > 0).length,
    sop_set_hash: plan.hashes.sops,
    hash: plan.hash,
    dry_run,
    warnings: places,
    tasks: plan.tasks.map(taskView),
    graph: graphText(plan),
  };
}

/** What `dgov validate` shows. */
export type ValidateView = {
  valid: boolean;
  name: string | null;
  tasks: readonly TaskView[];
  errors: readonly Place[];
  warnings: readonly Place[];
  graph: string | null;
};

/** The checks of `compile`, without a word written. Errors are a part of the view here: they are what was asked for. */
export async function validateForUser({ cwd, env, self }: Asking, text: string): Promise<ValidateView> {
  const root = findRoot(cwd);
  const dir = findPlan(root, cwd, text);
  const landed = await landedUnits(root, dir);
  const project = readProject(root, null, env);
  await proveRules(project);
  const { plan, places } = await compileFolder(project, dir, {
    ...{ providers: "advised", path: env.PATH ?? null, landed },
    find: symbolFinder(self),
  });
  return {
    valid: plan !== null,
    name: plan?.name ?? null,
    tasks: plan?.tasks.map(taskView) ?? [],
    errors: places.filter(({ severity }) => severity === "error"),
    warnings: places.filter(({ severity }) => severity === "warning"),
    graph: plan && graphText(plan),
  };
}

/** Units of this plan that runs have landed: the files they created are there, and that is no mistake. */
export const landedUnits = (root: string, dir: string): Promise<ReadonlySet<string>> =>
  withLog(root, (log) => {
    const units = pastRuns(log, ranAs(root, log, dir)).flatMap(({ started, landed }) =>
      started.tasks.filter(({ id }) => landed.has(id)),
    );
    return new Set(units.map(({ unit }) => unit));
  });

function taskView({ id, summary, role, depends_on, files, sops }: CompiledPlan["tasks"][number]): TaskView {
  return { id, summary, role, depends_on, files, sops };
}
