/**
 * How long a commit waits for preflight: the hook as git runs it, with 10 staged files of 60 kB in a repository of 5,000
 * and no project commands. Medians over whole processes, with the shell that the hook is; and with `--symbols`, where
 * both sides of each file are new ("cold"), and where what HEAD has was looked at when it was committed ("HEAD known").
 * Usage: bun scripts/bench/preflight.ts [--runs 15] [--files 5000] [--bin dist/dgov]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "15" },
    files: { type: "string", default: "5000" },
    bin: { type: "string", default: "dist/dgov" },
  },
});
const bin = resolve(values.bin);
const root = mkdtempSync(join(tmpdir(), "dgov-bench-"));
const STAGED = 10;
const STAGED_BYTES = 6_000;

/** A module of so many bytes; no two of them are the same. */
function moduleOf(mark: string, bytes: number): string {
  const parts: string[] = [];
  for (let at = 0, size = 0; size < bytes; at++) {
    const part = `def f_${mark}_${at}(value, other=None):\n    total = value + ${at}\n    return total * 2\n\n\n`;
    parts.push(part);
    size += part.length;
  }
  return parts.join("");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function start(argv: string[]): { ms: number; rss_mib: number } {
  const env = { ...process.env, GIT_INDEX_FILE: ".git/index" };
  const start_ms = performance.now();
  const { exitCode, stdout, stderr, resourceUsage } = Bun.spawnSync(argv, { cwd: root, env });
  const ms = performance.now() - start_ms;
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
  return { ms, rss_mib: resourceUsage.maxRSS / 1024 / 1024 };
}

const git = (...args: string[]) =>
  start(["git", "-c", "user.name=Bench", "-c", "user.email=bench@example.org", ...args]);

const paths = Array.from({ length: STAGED }, (_, at) => `src/d${at}/m${at}.py`);

/** An edit in each of ten files, another one than before, so that nothing of them is known. */
function stage(round: number): void {
  for (const [at, path] of paths.entries())
    write(path, moduleOf(`${at}`, STAGED_BYTES).replace("return total * 2", `return total * ${round + 3}`));
  git("add", "--", ...paths);
}

function measure(name: string, argv: string[], before: (round: number) => void): void {
  const rounds = Array.from({ length: Number(values.runs) + 1 }, (_, round) => {
    before(round);
    return start(argv);
  }).slice(1); // the first warms the disk, and reads the configuration
  const times = rounds.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1);
  const rss = Math.max(...rounds.map(({ rss_mib }) => rss_mib)).toFixed(0);
  console.log(`${name}: median ${at(0.5)} ms, min ${at(0)}, max ${at(1)}, at most ${rss} MiB, n ${times.length}`);
}

try {
  git("init", "-q", "-b", "main");
  for (let at = 0; at < Number(values.files); at++)
    write(`src/d${at % 100}/m${at}.py`, moduleOf(`${at}`, at < STAGED ? STAGED_BYTES : 1_000));
  const none = ["test_cmd", "lint_cmd", "lint_fix_cmd", "format_cmd", "format_check_cmd"];
  write(".dgov/project.toml", `[project]\n${none.map((key) => `${key} = ""\n`).join("")}`);
  git("add", "-A");
  git("commit", "-q", "-m", "base");
  git("gc", "-q");
  start([bin, "preflight", "--install"]);
  const hook = [join(root, ".git/hooks/pre-commit")];
  stage(0);
  start(hook);
  measure("nothing to parse   ", hook, (round) => stage(round + 1));
  measure("judged before      ", hook, () => {});
  const symbols = [bin, "preflight", "--symbols"];
  measure("symbols, HEAD known", symbols, (round) => stage(1_000 + round)); // the first has looked at what HEAD has
  measure("symbols, cold      ", symbols, (round) => {
    stage(2_000 + round);
    for (const end of ["", "-wal", "-shm"]) rmSync(join(root, `.git/dgov-symbols.db${end}`), { force: true });
  });
} finally {
  rmSync(root, { recursive: true, force: true });
}
