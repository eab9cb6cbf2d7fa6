import { join } from "node:path";
import {
  type Event,
  type EventOf,
  openLog,
  RunId,
  type RunLimits,
  type Store,
  type TaskId,
  taskOf,
} from "@dgov/kernel";
import { type Repository, repository } from "../git/testing/repository.ts";
import { openPool, poolFolder } from "../git/worktrees.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import { openSymbols } from "../semantic/symbols.ts";
import { Session, type World } from "../session.ts";
import { openShell } from "../settlement/testing/isolation.ts";
import { projectWith, unitWith } from "../settlement/testing/parts.ts";
import type { Site } from "../site.ts";

export const RUN = RunId.parse("r1");

/** A run of these tasks in a log in memory. `clock.now_ms` is what the session takes for the time. */
export function sessionOf(
  tasks: readonly { id: TaskId; after?: readonly TaskId[]; limits?: RunLimits }[],
  more: Partial<EventOf<"run_started">> = {},
  approval: readonly TaskId[] = [],
): { session: Session; log: Store; clock: { now_ms: number } } {
  const clock = { now_ms: 0 };
  const log = openLog(":memory:");
  const started: EventOf<"run_started"> = {
    kind: "run_started",
    plan: "p",
    plan_dir: ".dgov/plans/p",
    plan_hash: "",
    config_hash: "",
    target: "refs/heads/main",
    head: "0".repeat(40),
    source: "manual",
    only: [],
    jobs: 2,
    tasks: tasks.map(({ id, after = [], limits }) => ({
      ...{ id, after: [...after], role: "worker", unit: id, carried: null },
      ...(limits ? { limits } : {}),
      ...(approval.includes(id) ? { approval: true } : {}),
    })),
    retry: { retries: 1, settlement_retries: 1, tiers: 1, backoff_ms: [0] },
    limits: { calls: null, tokens: null, cost_micros: null, wall_ms: null },
    ...more,
  };
  return { session: Session.begin(RUN, log, { now_ms: () => clock.now_ms, notify() {} }, started), log, clock };
}

export const eventsIn = (log: Store): Event[] => [...log.read()].map(({ event }) => event);

export const planOf = (tasks: readonly CompiledTask[]): CompiledPlan => ({
  name: "p",
  summary: "",
  dir: ".dgov/plans/p",
  default_agent: null,
  default_provider: null,
  limits: {},
  hashes: { source: "", charter: "", sops: "" },
  hash: "",
  tasks,
});

type Parts = Parameters<typeof projectWith>[1] & {
  files?: Parameters<typeof repository>[0];
  unit?: Partial<CompiledTask>;
  others?: readonly CompiledTask[];
  started?: Partial<EventOf<"run_started">>;
};

/** A site of one task, or of others too, with real git and no jail: commands run as they are. No model is bound. */
export async function openSite({
  files = { "a.txt": "one\n" },
  unit = {},
  others = [],
  started = {},
  ...parts
}: Parts = {}) {
  const repo = await repository(files);
  const task: CompiledTask = { ...unitWith({ edit: ["a.txt"] }), ...unit };
  const head = await repo.user("rev-parse", "HEAD");
  const tasks = [task, ...others];
  const { session, log, clock } = sessionOf(tasks, { head, ...started });
  const world: World = {
    now_ms: () => clock.now_ms,
    sleep_ms: async () => undefined,
    random: () => 0,
    env: {},
    self: [],
    signal: new AbortController().signal,
    notify() {},
    warn() {},
  };
  const pool = () => openPool(repo.git, { folder: poolFolder(repo.root, {}), now_ms: world.now_ms });
  const project = projectWith(repo.root, parts);
  const site: Site = {
    world,
    session,
    project: { ...project, limits: { ...project.limits, batch: started.batch ?? 1 } },
    plan: planOf(tasks),
    sops: [],
    charter: null,
    models: {
      binding: () => unused("binding"),
      model: () => unused("model"),
      seat: () => unused("seat"),
      seatModel: () => unused("seatModel"),
      programs: [],
    },
    git: repo.git,
    pool: pool(),
    jail: {
      level: "landlock",
      start: async ({ root }) => openShell(root, repo.folder),
      maker: { self: [], start: () => unused("maker"), probe: async () => [] },
    },
    components: { tools: [], gates: [] },
    symbols: openSymbols({ git: repo.git, self: SELF, now_ms: world.now_ms }),
    target: "refs/heads/main",
    out: join(repo.folder, "out"),
    leftOut: new Map(),
  };
  return { site, repo, log, clock, head, task: task.id, pool };
}

/** This program, for what it starts of itself. */
export const SELF = [process.execPath, join(import.meta.dir, "../../../cli/src/main.ts")];

function unused(what: string): never {
  throw new Error(`No ${what} is used in this test`);
}

/** Dispatches the task in the log, and freezes these files as its work. @returns the kept commit */
export async function workOf(
  { site, repo, head, task }: Pick<Awaited<ReturnType<typeof openSite>>, "site" | "repo" | "head" | "task">,
  files: Parameters<Repository["commit"]>[0],
): Promise<string> {
  const attempt = taskOf(site.session.run, task).attempt + 1;
  await repo.user("checkout", "-q", "--detach", head);
  const commit = await repo.commit(files, "work");
  const tree = await repo.user("rev-parse", "HEAD^{tree}");
  await repo.user("checkout", "-q", "main");
  const of = { task, attempt };
  site.session.record({ kind: "task_dispatched", ...of, base: head, ...WORKER, carried_from: null });
  site.session.record({ kind: "candidate_frozen", ...of, base: head, tree, commit, summary: "did it" });
  return commit;
}

export const WORKER = { provider: "scripted", agent: "scripted", tier: 0 };
