import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Event, openLog } from "@dgov/kernel";
import { createGit, type Git } from "../git/git.ts";
import { logPath } from "../log.ts";
import { type RunView, runPlan } from "../run.ts";
import type { World } from "../session.ts";
import { demoFiles } from "./files.ts";

/** What the demo showed: the run, and what became of each worker, taken from the log. */
export type DemoView = { folder: string; run: RunView; workers: WorkerStory[]; log: string[]; as_expected: boolean };

/**
 * `refusals` calls that were refused while it worked; `rejections` what the judges said afterwards;
 * `claimed` what it said of its own work
 */
export type WorkerStory = {
  task: string;
  landed: boolean;
  attempts: number;
  claimed: string | null;
  refusals: { tool: string; by: string; text: string }[];
  rejections: { gate: string; message: string; output: string }[];
};

const PLAN = ".dgov/plans/shop";
/** How the demo must end: anything else is a defect of dgov, and its exit status says so. */
const EXPECTED: Readonly<Record<string, boolean>> = {
  "tasks/main.discount": true,
  "tasks/main.currency": false,
  "tasks/main.tax": true,
  "tasks/main.report": false,
  "tasks/main.basket": true,
};

/** Makes a small real repository in a temporary folder and runs a plan on it whose five workers are scripted. */
export async function demo(world: World): Promise<DemoView> {
  const folder = join(mkdtempSync(join(tmpdir(), "dgov-demo-")), "shop");
  const [runtime = "bun"] = world.self;
  for (const [path, text] of Object.entries(demoFiles(`BUN_BE_BUN=1 ${quoted(runtime)}`))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const git = createGit(folder, world.env);
  await git.ask(["init", "-q", "-b", "main"]);
  await git.ask(["add", "-A"]);
  await git.ask(["commit", "-q", "-m", "A small shop"], { at_ms: world.now_ms() });
  const run = await runPlan(
    { cwd: folder, plan: PLAN, only: [], mode: "go", jobs: Object.keys(EXPECTED).length, yes: false, dry_run: false },
    world,
  );
  const workers = stories(folder, run);
  const as_expected = workers.every(({ task, landed }) => EXPECTED[task] === landed);
  return { folder, run, workers, log: await subjects(git), as_expected };
}

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

const subjects = async (git: Git): Promise<string[]> => (await git.text(["log", "--format=%h %s", "main"])).split("\n");

function stories(folder: string, run: RunView): WorkerStory[] {
  const log = openLog(logPath(folder), { readonly: true });
  try {
    const events = [...log.read()].map(({ event }) => event);
    return run.tasks.map(({ task, state, attempts }) => ({
      task,
      landed: state === "landed",
      attempts,
      ...story(events.filter((event) => "task" in event && event.task === task)),
    }));
  } finally {
    log.close();
  }
}

function story(events: readonly Event[]): Pick<WorkerStory, "claimed" | "refusals" | "rejections"> {
  const told: Pick<WorkerStory, "claimed" | "refusals" | "rejections"> = {
    claimed: null,
    refusals: [],
    rejections: [],
  };
  for (const event of events) {
    if (event.kind === "candidate_frozen") told.claimed ??= event.summary;
    if (event.kind === "tool_called" && event.attempt === 1 && !event.ok)
      told.refusals.push({ tool: event.tool, by: event.refused_by ?? "jail", text: event.text });
    if (event.kind === "gate_judged" && event.verdict !== "pass") {
      const { gate, findings, output } = event;
      told.rejections.push({
        gate,
        message: findings[0]?.message ?? "",
        output: output ? output.tail || output.head : "",
      });
    }
  }
  return told;
}
