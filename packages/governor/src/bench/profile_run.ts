import { join } from "node:path";
import { z } from "zod";
import type { CeilingTable } from "../budget_file.ts";
import { createGit } from "../git/git.ts";
import { jsonIn } from "../json_text.ts";
import { withLog } from "../log.ts";
import { run } from "../process.ts";
import type { Project } from "../project.ts";
import type { World } from "../session.ts";
import { type Metric, metricsOf } from "../view/metrics.ts";
import { type BenchRow, ofTasks } from "./summary.ts";
import { changedTests, digestOf, type TestFile, testFiles } from "./tests.ts";

/** What every profile is measured by. `branch` is without `refs/heads/`. */
export type Frozen = {
  head: string;
  branch: string;
  plan_dir: string;
  plan_hash: string;
  layout: Project["layout"];
  tests: readonly TestFile[];
};

/** One profile's turn, in a repository of its own at `root`. `left`: what is left of the ceilings of all. */
export type Turn = { profile: string; root: string; frozen: Frozen; jobs: number | null; left: CeilingTable };

/** How its process ended, and how long that took. */
type Ended = Pick<BenchRow, "outcome" | "error" | "took_ms">;

const DAY_MS = 24 * 60 * 60_000;
/** A run that is told to stop keeps all work first. */
const STOP_MS = 20_000;
const SAID_MAX_BYTES = 64 * 1024 * 1024;

/** Runs the plan in a process of its own, and reads what came of it. The figures are null where no run was begun. */
export async function runProfile(turn: Turn, world: World): Promise<{ row: BenchRow; lines: Metric[] }> {
  const { profile, root, frozen } = turn;
  const ended = await perform(turn, world);
  const lines = await withLog(root, (log) => {
    const [last] = log.runs();
    return last ? metricsOf(last.run, [...log.read({ run: last.run, after: last.first_seq - 1 })]) : [];
  });
  const told = ofTasks(lines);
  if (told.run === null) return { row: { profile, ...ended, ...told, tests: null }, lines };
  const after = await testsAfter(root, frozen, world);
  const other = told.run.plan_hash !== frozen.plan_hash;
  const message = `Its plan is not the one that was frozen: it is made of files that git ignores`;
  const ending: Ended = other ? { ...ended, outcome: "refused", error: { code: "plan_differs", message } } : ended;
  return { row: { profile, ...ending, ...told, tests: after }, lines };
}

async function testsAfter(root: string, { branch, layout, tests }: Frozen, world: World): Promise<BenchRow["tests"]> {
  const git = createGit(root, world.env);
  const head = await git.text(["rev-parse", "--verify", `refs/heads/${branch}`], { plumbing: true });
  const now = await testFiles(git, head, layout);
  const paths = new Set(tests.map(({ path }) => path));
  return { digest: digestOf(now.filter(({ path }) => paths.has(path))), changed: changedTests(tests, now) };
}

async function perform({ profile, root, frozen, jobs, left }: Turn, world: World): Promise<Ended> {
  const began_ms = world.now_ms();
  const begun = await withLog(root, (log) => log.lastRun() !== null);
  const flags = [...flagsOf({ profile, jobs, left }), ...(begun ? [] : ["--restart"])]; // whoever has landed it before
  const exit = await run([...world.self, "__tethered", "run", frozen.plan_dir, ...flags], {
    cwd: root,
    env: environment(world.env),
    timeout_ms: DAY_MS,
    bytes_max: SAID_MAX_BYTES,
    tethered_ms: STOP_MS,
    signal: world.signal,
  });
  const took_ms = Math.max(0, Math.round(world.now_ms() - began_ms));
  const said = Said.safeParse(jsonIn(new TextDecoder().decode(exit.stdout)));
  if (!said.success) {
    const how = exit.ended === "exit" ? `with status ${exit.code}` : `by ${exit.signal ?? exit.ended}`;
    const last = (exit.why || exit.stderr).trim().split("\n").slice(-3).join(" ").slice(-500);
    const message = `Its process ended ${how} and said nothing of its run${last === "" ? "" : `: ${last}`}`;
    return { outcome: world.signal.aborted ? "interrupted" : "crashed", error: { code: "crashed", message }, took_ms };
  }
  if ("error" in said.data) return { outcome: "refused", error: said.data.error, took_ms };
  return { outcome: said.data.status, error: null, took_ms };
}

const Said = z.union([
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ status: z.enum(["complete", "red", "partial", "failed", "interrupted"]) }),
]);

function flagsOf({ profile, jobs, left }: Pick<Turn, "profile" | "jobs" | "left">): string[] {
  const { money, tokens, calls, minutes } = left;
  const given = { jobs, "max-money": money, "max-tokens": tokens, "max-calls": calls, "max-minutes": minutes };
  const pairs = Object.entries(given).flatMap(([flag, value]) => (value == null ? [] : [`--${flag}=${value}`]));
  return [`--profile=${profile}`, "--json", ...pairs];
}

/** Its worktrees are to stand beside its repository, so that all of it goes together; and it is not to take our words for its own. */
function environment(env: World["env"]): Record<string, string> {
  const { DGOV_WORKTREES: _theirs, DGOV_JSON: _said, ...rest } = env;
  const kept = Object.entries(rest).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(kept), DGOV_RUN_SOURCE: "bench" };
}

/** Where a profile's repository stands in its folder: under the name of the user's, for tools may say it. */
export const repositoryIn = (folder: string, profile: string, name: string): string => join(folder, profile, name);
