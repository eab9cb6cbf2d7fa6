import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { attemptRef } from "../../packages/governor/src/git/candidate.ts";
import { type Event, openLog, RunId, type Stored } from "../../packages/kernel/src/index.ts";

/** A repository's files, and what each task writes of them. */
export type Laid = { files: Readonly<Record<string, string>>; work: readonly Readonly<Record<string, string>>[] };

/** Where a run is, and how dgov is started there. */
export type Place = { root: string; command: readonly string[] };

const PLAN = ".dgov/plans/many";

/** The executable, or the sources where it was not built. */
export function commandOf(path: string): string[] {
  const bin = resolve(path);
  const source = [process.execPath, "--config=/dev/null", "--no-env-file", resolve("packages/cli/src/main.ts")];
  return existsSync(bin) ? [bin] : source;
}

/**
 * A run that was cut off at its start, and in which every task but the first then has a frozen candidate, as if a worker had
 * made it. No gate of the project is configured.
 */
export async function layFrozenRun(place: Place, laid: Laid): Promise<void> {
  makeRepository(place, laid);
  await beginAndStop(place);
  freezeAll(place, laid);
}

/** Goes on with the run until its last landing. @returns what has happened since */
export function goOn({ root, command }: Place, { work }: Laid, jobs = 2): Stored[] {
  const seq = eventsOf(root).at(-1)?.seq ?? 0;
  const cmd = Object.keys(work[0] ?? {})
    .map((path) => `echo >> ${path}`)
    .join("; ");
  const edit = { calls: [{ tool: "run_bash", args: { cmd } }] };
  const script = { turns: [edit, { calls: [{ tool: "done", args: { summary: "done" } }] }] };
  writeFileSync(join(root, PLAN, "script.json"), JSON.stringify({ version: 1, tasks: { "tasks/main.t0": script } }));
  Bun.spawnSync([...command, "run", PLAN, "--jobs", String(jobs)], { cwd: root, stdin: "ignore" });
  return eventsOf(root).filter((stored) => stored.seq > seq);
}

function makeRepository({ root }: Place, { files, work }: Laid): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const commands = ["test_cmd", "lint_cmd", "format_cmd", "lint_fix_cmd", "format_check_cmd"];
  const none = commands.map((key) => `${key} = ""\n`).join("");
  write(".dgov/project.toml", `[project]\nprovider = "scripted"\n${none}`);
  write(".dgov/.gitignore", "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\nplans/*/script.json\n");
  write(`${PLAN}/_root.toml`, '[plan]\nname = "many"\nsections = ["tasks"]\n');
  const task = (own: Readonly<Record<string, string>>, n: number) =>
    `[tasks.t${n}]\nsummary = "Do ${n}"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.edit = ${JSON.stringify(Object.keys(own))}\n`;
  write(`${PLAN}/tasks/main.toml`, work.map(task).join("\n"));
  const script = { turns: [{ calls: [{ tool: "run_bash", args: { cmd: "sleep 60" } }] }] };
  const tasks = Object.fromEntries(work.map((_, n) => [`tasks/main.t${n}`, script]));
  write(`${PLAN}/script.json`, JSON.stringify({ version: 1, tasks }));
  git(root, ["init", "-q", "-b", "main"]);
  git(root, ["add", "-A"]);
  git(root, ["commit", "-q", "-m", "base"]);
}

/** Begins the run and stops it with its first task at work. */
async function beginAndStop({ root, command }: Place): Promise<void> {
  const child = Bun.spawn([...command, "run", PLAN, "--jobs", "1"], {
    cwd: root,
    stdio: ["ignore", "ignore", "ignore"],
  });
  const until_ms = performance.now() + 60_000;
  while (!eventsOf(root).some(({ event }) => event.kind === "tool_called" || event.kind === "call_settled")) {
    if (performance.now() > until_ms) throw new Error("The run does not begin");
    await Bun.sleep(100);
  }
  child.kill("SIGTERM");
  await child.exited;
}

/** Gives each task that has not begun a candidate of its own. */
function freezeAll({ root }: Place, { work }: Laid): void {
  const [first] = eventsOf(root);
  if (first?.event.kind !== "run_started") throw new Error("There is no run");
  const run = RunId.parse(first.run);
  const base = first.event.head;
  const waiting = first.event.tasks.map(({ id }) => id).slice(1);
  const ref = (task: string) => attemptRef({ run, task, attempt: 1 });
  const commits = waiting.map((task) => {
    const who = "dgov <dgov@localhost> 1000000000 +0000";
    const written = Object.entries(work[Number(/\d+$/.exec(task)?.[0])] ?? {}).map(
      ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    );
    return `commit ${ref(task)}\ncommitter ${who}\ndata 4\nwork\nfrom ${base}\n${written.join("")}`;
  });
  git(root, ["fast-import", "--quiet"], commits.join(""));
  const rows = git(root, ["for-each-ref", "--format=%(refname) %(objectname) %(tree)", "refs/dgov/attempts"]);
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

function eventsOf(root: string): Stored[] {
  if (!existsSync(join(root, ".dgov/state.db"))) return [];
  const log = openLog(join(root, ".dgov/state.db"), { readonly: true });
  try {
    return [...log.read({})];
  } finally {
    log.close();
  }
}

function git(root: string, args: readonly string[], stdin = ""): string {
  const as = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
  const ran = Bun.spawnSync(["git", ...as, ...args], { cwd: root, stdin: Buffer.from(stdin) });
  if (ran.exitCode !== 0) throw new Error(ran.stderr.toString());
  return ran.stdout.toString().trim();
}
