/**
 * How long a commit waits for preflight: the hook as git runs it, with 10 staged files of 60 kB in a repository of 5,000
 * and no project commands. Medians over whole processes, with the shell that the hook is; and with `--symbols`, where
 * what HEAD has was looked at by `--install` ("HEAD known"), and where nothing was ("cold").
 * Beside them stands the least that a hook could do (bare_staged.ts, bare_parsed.ts), and all are measured in turn: what compares on
 * machines of any speed is how many times as long dgov takes.
 * Usage: bun scripts/bench/preflight.ts [--runs 15] [--files 5000] [--bin dist/dgov]
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
/** As dgov starts its own: this compiler costs more than it gains for so little. */
const BARE_ENV = { BUN_JSC_useOMGJIT: "0", BUN_JSC_useFTLJIT: "0" };

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
  const env = { ...process.env, GIT_INDEX_FILE: ".git/index", ...(argv[0]?.includes("/.git/bare_") ? BARE_ENV : {}) };
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

/** `of`: the row that it is held against. */
type Row = { name: string; argv: readonly string[]; before: (round: number) => void; of?: string };

function measure(rows: readonly Row[]): void {
  const found = new Map(rows.map(({ name }) => [name, [] as ReturnType<typeof start>[]]));
  for (let round = 0; round <= Number(values.runs); round++)
    for (const [at, { name, argv, before }] of rows.entries()) {
      before(round * rows.length + at + 1);
      Bun.sleepSync(50);
      const one = start([...argv]);
      if (round > 0) found.get(name)!.push(one); // the first warms the disk, and reads the configuration
    }
  const median = (name: string) => at(sorted(found.get(name)!), 0.5);
  for (const { name, of } of rows) {
    const times = sorted(found.get(name)!);
    const rss = Math.max(...found.get(name)!.map(({ rss_mib }) => rss_mib)).toFixed(0);
    const said = [0.5, 0, 1].map((part) => at(times, part).toFixed(1));
    const against = of === undefined ? "" : `, ${(median(name) / median(of)).toFixed(2)} × ${of}`;
    console.log(`${name.padEnd(20)} median ${said[0]} ms, min ${said[1]}, max ${said[2]}, ${rss} MiB${against}`);
  }
}

const sorted = (runs: readonly { ms: number }[]): number[] => runs.map(({ ms }) => ms).sort((a, b) => a - b);
const at = (times: readonly number[], part: number): number => times[Math.floor((times.length - 1) * part)] ?? 0;

try {
  git("init", "-q", "-b", "main");
  for (let at = 0; at < Number(values.files); at++)
    write(`src/d${at % 100}/m${at}.py`, moduleOf(`${at}`, at < STAGED ? STAGED_BYTES : 1_000));
  const none = ["test_cmd", "lint_cmd", "lint_fix_cmd", "format_cmd", "format_check_cmd"];
  write(".dgov/project.toml", `[project]\n${none.map((key) => `${key} = ""\n`).join("")}`);
  git("add", "-A");
  git("commit", "-q", "-m", "base");
  git("gc", "-q");
  start(["sync"]); // what was written is not written down while it is measured
  const hookOf = (...flags: string[]): string[] => {
    start([bin, "preflight", "--install", ...flags]);
    const kept = join(root, ".git", `hook${flags.join("")}`);
    copyFileSync(join(root, ".git/hooks/pre-commit"), kept);
    return [kept];
  };
  const hook = hookOf();
  const symbols = hookOf("--symbols");
  const cache = join(root, ".git/dgov-symbols.db");
  copyFileSync(cache, `${cache}-of-head`);
  const bare = (name: string): string => {
    const built = join(root, ".git", name);
    const script = join(import.meta.dir, `${name}.ts`);
    start([process.execPath, "build", "--compile", "--bytecode", "--format=esm", script, "--outfile", built]);
    return built;
  };
  const [bare_staged, bare_parsed] = [bare("bare_staged"), bare("bare_parsed")];
  const forget = () => {
    for (const end of ["", "-wal", "-shm"]) rmSync(`${cache}${end}`, { force: true });
  };
  stage(0);
  start(hook);
  measure([
    { name: "bare, not parsed", argv: [bare_staged], before: stage },
    { name: "nothing to parse", argv: hook, before: stage, of: "bare, not parsed" },
    { name: "judged before", argv: hook, before: () => {} },
    { name: "bare, parsed", argv: [bare_parsed], before: stage },
    {
      name: "symbols, HEAD known",
      argv: symbols,
      before(round) {
        stage(round);
        forget();
        copyFileSync(`${cache}-of-head`, cache);
      },
      of: "bare, parsed",
    },
    {
      name: "symbols, cold",
      argv: symbols,
      before(round) {
        stage(round);
        forget();
      },
      of: "bare, parsed",
    },
  ]);
} finally {
  rmSync(root, { recursive: true, force: true });
}
