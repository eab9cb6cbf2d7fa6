/**
 * What the sandbox costs, in real jails: the start of an attempt's isolated process, a native command over a plain spawn,
 * tool calls, the memory of a worker that reads 2,000 files, and the judge of commands. Medians over repeated runs.
 * With --all also the benches of scripts and of components, and the whole suite with its times.
 * Usage: bun scripts/bench/sandbox.ts [--bin dist/dgov] [--level bwrap,landlock] [--runs 15] [--all]
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  claimPattern,
  createIsolationMaker,
  decide,
  type Grant,
  type Isolation,
  type Level,
  openShell,
  parseClaim,
  ToolPolicy,
  toolEnvironment,
} from "../../packages/sandbox/src/index.ts";
import { descendantsOf } from "../../packages/sandbox/src/process_tree.ts";
import { LAB_LIMITS, SCOPE } from "../../test/lab.ts";

const { values } = parseArgs({
  options: {
    bin: { type: "string", default: "dist/dgov" },
    level: { type: "string", default: "bwrap,landlock" },
    runs: { type: "string", default: "15" },
    all: { type: "boolean", default: false },
  },
});
const [FILES, READS, WARM_UP] = [1_000, 2_000, 3];
const runs = Number(values.runs);
const bin = resolve(values.bin);
const self = existsSync(bin)
  ? [bin]
  : [process.execPath, "--config=/dev/null", "--no-env-file", resolve("packages/cli/src/main.ts")];
const folder = realpathSync(mkdtempSync(join(tmpdir(), "dgov-bench-")));
const root = join(folder, "worktree");
const now_ms = () => performance.now();
const CLAIMED = "src/claimed.txt";
const write = [CLAIMED].map(parseClaim);
const COMMAND = { command: "true", timeout_ms: 10_000, output_max_bytes: 1_000, clip_bytes: 1_000 };
/** How claims are granted: a file that exists alone, else the folder it will be in, which is looked through. */
const FILE: Grant = { kind: "file", path: CLAIMED };
const FOLDER: Grant = { kind: "directory", path: "src", only: write.map(claimPattern) };
const scope = { ...SCOPE, write, read: [], test_targets: [] };

try {
  console.log(`dgov: ${self.join(" ")}`);
  layOut();
  const spawned = await times(100, () => plainSpawn());
  say("a plain spawn of /bin/sh -c true", spawned);
  for (const level of values.level.split(",")) await measureLevel(level as Level, median(spawned));
  await measureJudge();
  if (values.all) runOthers();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measureLevel(level: Level, spawn_ms: number): Promise<void> {
  const tell = (what: string, found: readonly number[], more = "") => say(`${level}: ${what}`, found, more);
  const starts: number[] = [];
  for (let run = 0; run < runs; run++) {
    const from_ms = now_ms();
    const isolation = await start(level);
    starts.push(now_ms() - from_ms);
    await isolation.stop();
  }
  tell("start of an attempt's isolated process", starts);
  writeFileSync(join(root, CLAIMED), "one\n");
  const inFolder = await start(level, FOLDER);
  tell(`a native command, a folder of ${FILES} files granted`, await times(20, () => inFolder.exec(COMMAND)));
  await inFolder.stop();
  const isolation = await start(level);
  try {
    const commands = await times(100, () => isolation.exec(COMMAND));
    tell("a native command", commands, `, ${(median(commands) - spawn_ms).toFixed(2)} ms over a plain spawn`);
    const call = (tool: string, input: unknown) => async () => {
      const { ok, text } = await isolation.call(tool, input);
      if (!ok) throw new Error(`${tool}: ${text}`);
    };
    tell("read_file", await times(200, call("read_file", { path: "src/file1.txt" })));
    tell("edit_file", await times(200, toggle(call)));
    tell("list_dir of one folder", await times(100, call("list_dir", { path: "src" })));
    tell(`grep through ${FILES} files`, await times(20, call("grep", { pattern: "line 7$", path: "src" })));
    tell("run_bash echo", await times(50, call("run_bash", { cmd: "echo hi" })));
    for (let n = 0; n < READS; n++) await call("read_file", { path: `src/file${n % FILES}.txt` })();
    console.log(`${level}: memory after reading ${READS} files: ${memoryOf(isolation.pid)}`);
  } finally {
    await isolation.stop();
  }
}

/** Writes one text and then the other, so that each call finds what it looks for. */
function toggle(call: (tool: string, input: unknown) => () => Promise<void>): () => Promise<void> {
  const texts = { old_text: "one", new_text: "two" };
  return async () => {
    await call("edit_file", { path: CLAIMED, ...texts })();
    [texts.old_text, texts.new_text] = [texts.new_text, texts.old_text];
  };
}

function start(level: Level, grant: Grant = FILE): Promise<Isolation> {
  const tmp = mkdtempSync(join(folder, "tmp-"));
  return createIsolationMaker({ self, now_ms }).start(level, {
    root,
    write: [grant],
    git_dir: join(root, ".git"),
    tmp,
    ...{ read: [], network: "none", limits: LAB_LIMITS },
    env: toolEnvironment({ tmp, inherited: { PATH: process.env.PATH }, real_home: null }),
    scope,
  });
}

async function measureJudge(): Promise<void> {
  const from_ms = now_ms();
  const shell = await openShell();
  console.log(`judge: the grammar and the rules are loaded in ${(now_ms() - from_ms).toFixed(1)} ms, once a process`);
  const rules = ToolPolicy.parse({ restrict_run_bash: true, deny_shell_file_mutations: true });
  const rows = readFileSync(resolve(import.meta.dir, "../../test/fixtures/sandbox/cases.jsonl"), "utf8").split("\n");
  const commands = rows
    .flatMap((line) => /"cmd": ("(?:[^"\\]|\\.)*")/.exec(line)?.[1] ?? [])
    .map((text) => JSON.parse(text));
  const each = await times(20, async () => {
    for (const command of commands) decide({ rules, scope, shell }, { kind: "exec", command });
  });
  say(
    `judge: ${commands.length} commands of the suite`,
    each,
    `, ${((median(each) * 1_000) / commands.length).toFixed(0)} µs each`,
  );
}

/** Each is a program of its own, and prints its own lines. */
function runOthers(): void {
  const suite = [
    "../sandbox-suite.ts",
    resolve("test/fixtures/sandbox/cases.jsonl"),
    ...(process.getuid?.() === 0 ? ["--as-root"] : []),
  ];
  for (const [script = "", ...args] of [["script.ts"], ["component.ts"], suite]) {
    const from_ms = now_ms();
    const path = resolve(import.meta.dir, script);
    const { exitCode } = Bun.spawnSync([process.execPath, path, ...args], { stdio: ["ignore", "inherit", "inherit"] });
    console.log(`${script}: exit status ${exitCode} after ${((now_ms() - from_ms) / 1_000).toFixed(1)} s`);
  }
}

/** A repository of small files, such as a worker looks through. */
function layOut(): void {
  mkdirSync(join(root, "src"), { recursive: true });
  for (let n = 0; n < FILES; n++) writeFileSync(join(root, `src/file${n}.txt`), `line ${n}\n`.repeat(40));
  writeFileSync(join(root, CLAIMED), "one\n");
  const git = (...args: string[]) => {
    const own = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
    const ran = Bun.spawnSync(["git", "-C", root, ...own, ...args], {
      env: { PATH: process.env.PATH, HOME: dirname(root) },
    });
    if (ran.exitCode !== 0) throw new Error(ran.stderr.toString());
  };
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "base");
}

async function plainSpawn(): Promise<void> {
  const child = Bun.spawn(["/bin/sh", "-c", "true"], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  await new Response(child.stdout).text();
  await child.exited;
}

/** How long each of so many took, in milliseconds, after a few that do not count. */
async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let n = -WARM_UP; n < count; n++) {
    const from_ms = now_ms();
    await work();
    if (n >= 0) found.push(now_ms() - from_ms);
  }
  return found;
}

function say(what: string, found: readonly number[], more = ""): void {
  const least = Math.min(...found).toFixed(2);
  console.log(`${what}: median ${median(found).toFixed(2)} ms (min ${least}, n ${found.length})${more}`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Of each process of ours in the jail: what it holds resident, and its share where pages are shared. */
function memoryOf(pid: number): string {
  const lines = [pid, ...descendantsOf(pid)].flatMap((each) => {
    const words = readFileSync(`/proc/${each}/cmdline`, "utf8").split("\0");
    const mib = (file: string, field: string) =>
      `${(Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${each}/${file}`, "utf8"))?.[1]) / 1_024).toFixed(0)} MiB`;
    if (!words.includes("__isolated")) return [];
    return [`${mib("status", "VmRSS")} resident (${mib("status", "RssAnon")} of its own)`];
  });
  return lines.join(", ");
}
