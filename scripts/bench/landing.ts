/**
 * How many candidates land a second: a run is cut off at its start, all its tasks are given a frozen candidate, each of
 * one file of a generated repository, and the run goes on. No gates, so what is measured is integration, the checks that
 * need no command, and the landing. Usage: bun scripts/bench/landing.ts [--tasks 1000] [--files 1000] [--bin dist/dgov]
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { attemptRef } from "../../packages/governor/src/git/candidate.ts";
import { type Event, openLog, RunId, type Stored } from "../../packages/kernel/src/index.ts";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000" },
    files: { type: "string", default: "1000" },
    bin: { type: "string", default: "dist/dgov" },
  },
});
const [TASKS, FILES] = [Number(values.tasks), Number(values.files)];
const ASKED = 15; // landings a second
const bin = resolve(values.bin);
const command = existsSync(bin)
  ? [bin]
  : [process.execPath, "--config=/dev/null", "--no-env-file", resolve("packages/cli/src/main.ts")];
const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
const root = join(folder, "repo");
const PLAN = ".dgov/plans/many";
const paths = Array.from({ length: TASKS }, (_, n) => `pkg${n % 50}/file${n}.txt`);
try {
  makeRepository();
  await beginAndStop();
  freezeAll();
  goOn();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeRepository(): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const path of paths) write(path, "0\n");
  for (let n = TASKS; n < FILES; n++) write(`rest${n % 50}/file${n}.txt`, `line ${n}\n`.repeat(20));
  const commands = ["test_cmd", "lint_cmd", "format_cmd", "lint_fix_cmd", "format_check_cmd"];
  const none = commands.map((key) => `${key} = ""\n`).join("");
  write(".dgov/project.toml", `[project]\nprovider = "scripted"\n${none}`);
  write(".dgov/.gitignore", "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\nplans/*/script.json\n");
  write(`${PLAN}/_root.toml`, '[plan]\nname = "many"\nsections = ["tasks"]\n');
  const task = (path: string, n: number) =>
    `[tasks.t${n}]\nsummary = "Do ${n}"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.edit = ["${path}"]\n`;
  write(`${PLAN}/tasks/main.toml`, paths.map(task).join("\n"));
  const script = { turns: [{ calls: [{ tool: "run_bash", args: { cmd: "sleep 60" } }] }] };
  const tasks = Object.fromEntries(paths.map((_, n) => [`tasks/main.t${n}`, script]));
  write(`${PLAN}/script.json`, JSON.stringify({ version: 1, tasks }));
  git(["init", "-q", "-b", "main"]);
  git(["add", "-A"]);
  git(["commit", "-q", "-m", "base"]);
}

/** Begins the run and stops it with its first task at work. */
async function beginAndStop(): Promise<void> {
  const child = Bun.spawn([...command, "run", PLAN, "--jobs", "1"], {
    cwd: root,
    stdio: ["ignore", "ignore", "ignore"],
  });
  const until_ms = performance.now() + 60_000;
  while (!eventsOf().some(({ event }) => event.kind === "tool_called" || event.kind === "call_settled")) {
    if (performance.now() > until_ms) throw new Error("The run does not begin");
    await Bun.sleep(100);
  }
  child.kill("SIGTERM");
  await child.exited;
}

/** Gives each task that has not begun a candidate of its own, as if a worker had made it. */
function freezeAll(): void {
  const [first] = eventsOf();
  if (first?.event.kind !== "run_started") throw new Error("There is no run");
  const run = RunId.parse(first.run);
  const base = first.event.head;
  const waiting = first.event.tasks.map(({ id }) => id).slice(1);
  const ref = (task: string) => attemptRef({ run, task, attempt: 1 });
  const at = (id: string) => Number(/\d+$/.exec(id)?.[0]);
  const commits = waiting.map((task) => {
    const text = `${at(task)} is done\n`;
    const who = "dgov <dgov@localhost> 1000000000 +0000";
    return `commit ${ref(task)}\ncommitter ${who}\ndata 4\nwork\nfrom ${base}\nM 100644 inline ${paths[at(task)]}\ndata ${text.length}\n${text}\n`;
  });
  git(["fast-import", "--quiet"], commits.join(""));
  const rows = git(["for-each-ref", "--format=%(refname) %(objectname) %(tree)", "refs/dgov/attempts"]);
  const made = new Map(rows.split("\n").map((row) => [row.split(" ")[0], row.split(" ")]));
  const log = openLog(join(root, ".dgov/state.db"));
  const events = waiting.flatMap((task): Event[] => {
    const [, commit = "", tree = ""] = made.get(ref(task)) ?? [];
    const of = { task, attempt: 1 };
    const dispatched = { provider: "scripted", agent: "scripted", tier: 0, carried_from: null };
    return [
      { kind: "task_dispatched", ...of, base, ...dispatched } as Event, // ids as git has printed them
      { kind: "candidate_frozen", ...of, base, tree, commit, summary: "done" } as Event,
    ];
  });
  const around = [{ kind: "run_resumed", head: base }, ...events, { kind: "run_interrupted", signal: "SIGTERM" }];
  log.appendAll(run, log.lastSeq(), Date.now(), around as Event[]);
  log.close();
}

/** Goes on with the run until it is stopped by its last landing, and says how fast they came. */
function goOn(): void {
  const seq = eventsOf().at(-1)?.seq ?? 0;
  const edit = { calls: [{ tool: "run_bash", args: { cmd: `echo 1 > ${paths[0]}` } }] };
  const script = { turns: [edit, { calls: [{ tool: "done", args: { summary: "done" } }] }] };
  writeFileSync(join(root, PLAN, "script.json"), JSON.stringify({ version: 1, tasks: { "tasks/main.t0": script } }));
  Bun.spawnSync([...command, "run", PLAN, "--jobs", "2"], { cwd: root, stdin: "ignore" });
  const after = eventsOf().filter((stored) => stored.seq > seq);
  const of = (kind: Event["kind"]) => after.filter(({ event }) => event.kind === kind);
  const landed = of("task_landed").map(({ at_ms }) => at_ms);
  const begun_ms = after[0]?.at_ms ?? Number.NaN;
  const rate = landed.length / ((Math.max(...landed) - begun_ms) / 1000);
  console.log(
    `${landed.length} of ${TASKS} landed, ${rate.toFixed(1)} a second (asked ${ASKED}); ${of("candidate_passed").length} judgements`,
  );
  if (landed.length < TASKS || rate < ASKED) process.exitCode = 1;
}

function eventsOf(): Stored[] {
  if (!existsSync(join(root, ".dgov/state.db"))) return [];
  const log = openLog(join(root, ".dgov/state.db"), { readonly: true });
  try {
    return [...log.read({})];
  } finally {
    log.close();
  }
}

function git(args: readonly string[], stdin = ""): string {
  const as = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
  const ran = Bun.spawnSync(["git", ...as, ...args], { cwd: root, stdin: Buffer.from(stdin) });
  if (ran.exitCode !== 0) throw new Error(ran.stderr.toString());
  return ran.stdout.toString().trim();
}
