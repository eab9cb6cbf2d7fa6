import { lstatSync } from "node:fs";
import { join } from "node:path";
import { type Store, TaskId } from "@dgov/kernel";
import { ownRun } from "../consult/own_run.ts";
import { refuseUnasked } from "../consult/wanted.ts";
import { filesAt, sha256 } from "../git/files_at.ts";
import type { Git } from "../git/git.ts";
import { diffTrees } from "../git/tree_changes.ts";
import { pastRuns } from "../past.ts";
import { performersOf } from "../perform.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { World } from "../session.ts";
import { nobodysUnit } from "../settlement/nobodys_unit.ts";

/** What tests are to be written for. `tests`: what is on the target's head under each declared path; null: no file. */
export type ToWrite = { root: string; plan: CompiledPlan; spec: string; tests: ReadonlyMap<string, string | null> };

/** Tasks with tests that are on no branch and in no checkout. What somebody has written and not committed is theirs. */
export function unwritten({ root, plan, tests }: Omit<ToWrite, "spec">): CompiledTask[] {
  const isFree = (path: string) => !tests.get(path) && !lstatSync(join(root, path), { throwIfNoEntry: false });
  return plan.tasks.filter(({ files }) => (files.tests ?? []).some(isFree));
}

/**
 * Lets an author of tests write what is missing, task by task in the plan's order, as a run of its own: its claims are those
 * files and nothing else, the gate `red` judges it in the place of the tests, and what passes lands as any work does.
 *
 * @returns which of them came to nothing, and why
 * @throws DgovError like any run, and where no model has the role
 */
export async function writeTests(cwd: string, wanted: ToWrite, world: World): Promise<string[]> {
  const ran = await ownRun(
    cwd,
    {
      prepare(whole) {
        const project = forAuthors(whole);
        const tasks = unwritten(wanted).map((task) => unitOf(task, wanted));
        const plan = planOf(wanted.plan, tasks);
        for (const unit of tasks) refuseUnasked({ unit, plan, project }, { programs: false });
        return { project, plan };
      },
      performers: (site) => performersOf(site),
    },
    world,
  );
  const failed = (ran?.session.run.tasks ?? []).filter(({ state }) => state !== "landed");
  return failed.map(({ id, failed: why }) => {
    const found = why?.findings.map(({ message }) => message).join("; ") || why?.detail || "it was stopped";
    return `"${id}": ${found}`;
  });
}

/** Tests that are red by design would fail their own project; what is written for them has no types yet. */
function forAuthors(project: Project): Project {
  const { commands, rules, limits } = project;
  return {
    ...project,
    commands: { ...commands, test: null, type_check: null, coverage: null, generated: {} },
    rules: { ...rules, review: null, baselines: { ...rules.baselines, specs: {} } },
    limits: { ...limits, batch: 1, final: "never" },
  };
}

/** Runs of it have a place of their own, so that none is taken for one of the plan. */
const folderOf = (plan: Pick<CompiledPlan, "dir">): string => `.dgov/runtime/tests/${plan.dir}`;

function planOf(plan: CompiledPlan, tasks: readonly CompiledTask[]): CompiledPlan {
  const hash = sha256(JSON.stringify(tasks));
  const { method: _, budget: __, ...own } = plan;
  return { ...own, name: `${plan.name}: tests`, dir: folderOf(plan), hash, tasks };
}

function unitOf(task: CompiledTask, { plan, spec, tests }: ToWrite): CompiledTask {
  const paths = task.files.tests ?? [];
  const create = paths.filter((path) => !tests.get(path));
  const summary = `Acceptance tests of ${task.id}`;
  const unit: CompiledTask = {
    ...nobodysUnit({ id: TaskId.parse(`tests-${task.id}`), summary, commit_message: `test: what ${task.id} must do` }),
    role: "test_author",
    prompt: orderOf(task, { plan, spec, create }),
    files: { create, edit: [], delete: [], read: [], touch: [], tests: paths },
    test_cmd: task.test_cmd,
    worker: { agent: null, provider: null, timeout_s: task.worker.timeout_s, iteration_budget: null },
    review: { self_review: false, max_fork_depth: 1 },
  };
  return { ...unit, unit: sha256(JSON.stringify(unit)) };
}

type Ordering = { plan: CompiledPlan; spec: string; create: readonly string[] };

function orderOf(task: CompiledTask, { plan, spec, create }: Ordering): string {
  const { edit, create: made, touch } = task.files;
  const before = plan.tasks
    .filter(({ id }) => task.depends_on.includes(id))
    .map(({ id, summary }) => `${id}: ${summary}`);
  return [
    "Orient:",
    `Somebody else will do this task later, and your tests decide whether it is done. It may change ${[...made, ...edit, ...touch].join(", ")}.`,
    ...(before.length === 0 ? [] : [`Before it come ${before.join("; ")}. Nothing of those is there yet.`]),
    `\n<spec>\n${spec.trim()}\n</spec>`,
    `\n<task>\n${task.prompt.trim()}\n</task>\n`,
    "Edit:",
    `Write exactly these files: ${create.join(", ")}. Import what is yet to be made inside of each test, so that the file can be loaded now.\n`,
    "Verify:",
    `They are run by \`${task.test_cmd}\`, each file by itself where {test_dir} stands. Now they must run, and fail.`,
  ].join("\n");
}

/**
 * Which files authors of tests have made for a plan, by the commits that landed of their runs, with what they wrote. A person's
 * own file is never among them.
 */
export async function writtenFor(git: Git, log: Store, plan: Pick<CompiledPlan, "dir">): Promise<Map<string, string>> {
  const written = new Map<string, string>();
  const runs = pastRuns(log, folderOf(plan)).toReversed(); // the newest has the last word
  for (const { commit } of runs.flatMap(({ landed }) => [...landed.values()])) {
    const [there] = await git.objects.info([`${commit}^{commit}`]);
    if (!there) continue;
    const added = (await diffTrees(git, `${commit}^`, commit)).filter(({ kind }) => kind === "added");
    const paths = added.map(({ path }) => path);
    for (const [path, hash] of await filesAt(git, commit, paths)) if (hash !== null) written.set(path, hash);
  }
  return written;
}
