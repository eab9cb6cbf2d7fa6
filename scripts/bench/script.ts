/**
 * What `run_script` costs, in a real jail, from the executable: the first script of an attempt, one in a warm child, 10,000
 * bound calls from one script, and the memory of the server and of its child. Minimum and median of each.
 * Usage: bun scripts/bench/script.ts [--bin PATH] [--level bwrap,landlock,wasm] [--cold 10] [--warm 100] [--calls 10000]
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  createIsolationMaker,
  createToolbox,
  type Isolation,
  type Level,
  parseClaim,
  ToolPolicy,
  toolEnvironment,
} from "../../packages/sandbox/src/index.ts";
import { descendantsOf } from "../../packages/sandbox/src/process_tree.ts";
import { LAB_CONFINEMENT, SCOPE } from "../../test/lab.ts";

const { values } = parseArgs({
  options: {
    bin: { type: "string" },
    level: { type: "string", default: "bwrap,landlock" },
    cold: { type: "string", default: "10" },
    warm: { type: "string", default: "100" },
    calls: { type: "string", default: "10000" },
  },
});
const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-bench-")));
const root = join(base, "worktree");
const now_ms = () => performance.now();
const policy = ToolPolicy.parse({ restrict_run_bash: true });
const scope = { ...SCOPE, write: [parseClaim("src/f1.py")], read: [], test_targets: [] };

try {
  lay();
  const bin = values.bin === undefined ? built() : resolve(values.bin);
  const maker = createIsolationMaker({ self: [bin], now_ms });
  const start = (level: Level): Promise<Isolation> => {
    const tmp = mkdtempSync(join(base, "tmp-"));
    const env = toolEnvironment({ tmp, inherited: { PATH: process.env.PATH }, real_home: null });
    const write = [{ kind: "directory", path: "src", only: ["^src/f1\\.py$"] }] as const;
    return maker.start(level, { root, write, git_dir: join(root, ".git"), tmp, ...LAB_CONFINEMENT, env, scope });
  };
  for (const level of values.level.split(",")) await measure(level, () => start(level as Level));
} finally {
  rmSync(base, { recursive: true, force: true });
}

async function measure(level: string, start: () => Promise<Isolation>): Promise<void> {
  const script = async (isolation: Isolation, code: string) => {
    const begin_ms = now_ms();
    const { ok, text } = await isolation.call("run_script", { code, timeout_s: 120 }, policy);
    if (!ok) throw new Error(text);
    return now_ms() - begin_ms;
  };
  const say = (what: string, times: number[]) => {
    times.sort((a, b) => a - b);
    const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1);
    console.log(`${level}: ${what}: min ${at(0)} ms, median ${at(0.5)} ms, n ${times.length}`);
  };
  const cold: number[] = [];
  for (let n = 0; n < Number(values.cold); n++) {
    const isolation = await start();
    cold.push(await script(isolation, "return 1"));
    await isolation.stop();
  }
  say("the first script of an attempt", cold);

  const isolation = await start();
  await script(isolation, "return 1");
  console.log(`${level}: after one script: ${memory(isolation.pid)}`);
  const warm: number[] = [];
  for (let n = 0; n < Number(values.warm); n++) warm.push(await script(isolation, "return 1"));
  say("a script in a warm child", warm);
  const loop = (call: string) => `for (let i = 0; i < ${values.calls}; i++) { ${call} } return 1`;
  const read = loop('await tools.read_file({ path: "src/f" + (i % 20) + ".py" })');
  say(`${values.calls} read_file calls`, await repeat(() => script(isolation, read)));
  say(
    `${values.calls} list_dir calls`,
    await repeat(() => script(isolation, loop('await tools.list_dir({ path: "src" })'))),
  );
  const toolbox = createToolbox({ scope, policy, isolation, now_ms, required: null, root, record: () => {} });
  const input = JSON.stringify({ code: read, timeout_s: 120 });
  const told = async () => {
    const begin_ms = now_ms();
    await toolbox.call({ id: "1", tool: "run_script", input });
    return now_ms() - begin_ms;
  };
  say(`${values.calls} read_file calls, with their records`, await repeat(told));
  console.log(`${level}: after all: ${memory(isolation.pid)}`);
  await isolation.stop();
}

async function repeat(work: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < 5; n++) times.push(await work());
  return times;
}

/** A worktree of small files, such as a script looks through. */
function lay(): void {
  mkdirSync(join(root, "src"), { recursive: true });
  for (let n = 0; n < 20; n++) writeFileSync(join(root, `src/f${n}.py`), `x = ${n}\n`.repeat(20));
  const words = "git init -q && git add . && git -c user.name=b -c user.email=b@b commit -qm x";
  if (Bun.spawnSync(["sh", "-c", words], { cwd: root }).exitCode !== 0) throw new Error("Cannot lay out a worktree");
}

function built(): string {
  const path = join(base, "dgov");
  const build = Bun.spawnSync([process.execPath, resolve(import.meta.dir, "../build.ts"), "--outfile", path]);
  if (build.exitCode !== 0) throw new Error(build.stderr.toString());
  return path;
}

/** Resident memory of the server and of its children, by what they are. */
function memory(pid: number): string {
  return [pid, ...descendantsOf(pid)]
    .flatMap((each) => {
      const words = readFileSync(`/proc/${each}/cmdline`, "utf8").split("\0").filter(Boolean);
      const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, "utf8"))?.[1] ?? "0";
      const word = words.at(-1) ?? "";
      return ["serve", "script"].includes(word) ? [`${word} ${(Number(kb) / 1024).toFixed(0)} MiB`] : [];
    })
    .join(", ");
}
