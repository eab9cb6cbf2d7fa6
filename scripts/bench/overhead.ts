/**
 * What dgov itself costs: a scripted worker that answers at once, no gates, a generated repository.
 * Prints medians over repeated runs: dispatch → landed for each task of a chain of eight, and the wall time of
 * eight independent tasks. Usage: bun scripts/bench/overhead.ts [--files 1000,20000] [--runs 5] [--bin dist/dgov]
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openLog, type Stored } from "../../packages/kernel/src/index.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "1000,20000" },
    runs: { type: "string", default: "5" },
    bin: { type: "string", default: "dist/dgov" },
  },
});
const bin = resolve(values.bin);
const command = existsSync(bin)
  ? [bin]
  : [process.execPath, "--config=/dev/null", "--no-env-file", resolve("packages/cli/src/main.ts")];
console.log(`dgov: ${command.join(" ")}`);
for (const files of values.files.split(",").map(Number)) measure(files, Number(values.runs));

function measure(files: number, runs: number): void {
  const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
  try {
    const root = makeRepository(folder, files);
    const cold = run(root, "chain");
    const chains = Array.from({ length: runs }, () => run(root, "chain"));
    const wides = Array.from({ length: runs }, () => run(root, "wide"));
    const perTask = chains.flatMap((one) => one.tasks_ms);
    console.log(
      [
        `${files} files`,
        `  chain of 8, first run in this repository: ${sum(cold.tasks_ms).toFixed(0)} ms for all, worst task ${Math.max(...cold.tasks_ms).toFixed(0)} ms`,
        `  chain of 8, dispatch to landed, a task:   median ${median(perTask).toFixed(0)} ms (min ${Math.min(...perTask).toFixed(0)}, max ${Math.max(...perTask).toFixed(0)}, n ${perTask.length})`,
        `  8 independent tasks, first dispatch to last landing: median ${median(wides.map((one) => one.span_ms)).toFixed(0)} ms (${wides.map((one) => one.span_ms).join(", ")})`,
        `  8 independent tasks, the whole process:   median ${median(wides.map((one) => one.wall_ms)).toFixed(0)} ms`,
      ].join("\n"),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Measured = { tasks_ms: number[]; span_ms: number; wall_ms: number };

function run(root: string, plan: "chain" | "wide"): Measured {
  const start_ms = performance.now();
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [...command, "run", `.dgov/plans/${plan}`, "--restart", "--jobs", "2"],
    {
      cwd: root,
      stdin: "ignore",
    },
  );
  const wall_ms = performance.now() - start_ms;
  if (exitCode !== 0) throw new Error(`The run failed with ${exitCode}: ${stdout}${stderr}`);
  const log = openLog(join(root, ".dgov/state.db"), { readonly: true });
  const events: Stored[] = [];
  for (const stored of log.read({})) {
    if (stored.event.kind === "run_started") events.length = 0;
    events.push(stored);
  }
  log.close();
  const at = (kind: string) =>
    new Map(
      events.flatMap(({ event, at_ms }) =>
        event.kind === kind && "task" in event ? [[event.task, at_ms] as const] : [],
      ),
    );
  const begun = at("task_dispatched");
  const landed = at("task_landed");
  return {
    tasks_ms: [...landed].map(([task, at_ms]) => at_ms - (begun.get(task) ?? Number.NaN)),
    span_ms: Math.max(...landed.values()) - Math.min(...begun.values()),
    wall_ms,
  };
}

function makeRepository(folder: string, files: number): string {
  const root = join(folder, "repo");
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (let i = 0; i < files; i++)
    write(`pkg${String(i % 200).padStart(3, "0")}/file${i}.txt`, `line ${i}\n`.repeat(20));
  for (let i = 0; i < 8; i++) write(`work/file${i}.txt`, "0\n");
  write(
    ".dgov/project.toml",
    '[project]\nprovider = "scripted"\ntest_cmd = ""\nlint_cmd = ""\nformat_cmd = ""\nlint_fix_cmd = ""\nformat_check_cmd = ""\n',
  );
  write(".dgov/.gitignore", "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n");
  for (const plan of ["chain", "wide"]) {
    write(`.dgov/plans/${plan}/_root.toml`, `[plan]\nname = "${plan}"\nsections = ["tasks"]\n`);
    const tasks = Array.from({ length: 8 }, (_, i) => {
      const after = plan === "chain" && i > 0 ? `depends_on = ["t${i - 1}"]\n` : "";
      return `[tasks.t${i}]\nsummary = "Do ${i}"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.edit = ["work/file${i}.txt"]\n${after}`;
    });
    write(`.dgov/plans/${plan}/tasks/main.toml`, tasks.join("\n"));
    const script = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [
        `tasks/main.t${i}`,
        { turns: [turn(i, plan), { calls: [{ tool: "done", args: { summary: "done" } }] }] },
      ]),
    );
    write(`.dgov/plans/${plan}/script.json`, JSON.stringify({ version: 1, tasks: script }));
  }
  const git = (...args: string[]) => {
    const ran = Bun.spawnSync(["git", "-c", "user.name=Bench", "-c", "user.email=bench@example.org", ...args], {
      cwd: root,
    });
    if (ran.exitCode !== 0) throw new Error(ran.stderr.toString());
  };
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "base");
  return root;
}

/** Each run changes the file for real: what it appends depends on what is there. */
function turn(i: number, plan: string) {
  return { calls: [{ tool: "run_bash", args: { cmd: `echo ${plan} >> work/file${i}.txt` } }] };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
