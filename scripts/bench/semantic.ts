/**
 * What looking at symbols costs, each figure with its budget beside it: a repository of 5,000 files and 20 MB from
 * nothing, with the memory of all processes; the verdict on a candidate of 20 files, known and new; a structural merge of
 * a file of 2,000 lines; and what 10,000 parses leave behind. Times are medians.
 * Usage: bun scripts/bench/semantic.ts [--bin dist/dgov] [--runs 15] [--only index,verdict,merge,parses]
 */
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createGit } from "../../packages/governor/src/git/git.ts";
import { createAnalyst } from "../../packages/governor/src/semantic/analyst.ts";
import { openBlobCache } from "../../packages/governor/src/semantic/blob_cache.ts";
import { fillCache } from "../../packages/governor/src/semantic/fill_cache.ts";
import { openSymbols } from "../../packages/governor/src/semantic/symbols.ts";
import { descendantsOf } from "../../packages/sandbox/src/process_tree.ts";
import { analyse, type Depth } from "../../packages/semantic/src/analyse.ts";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openLanguages } from "../../packages/semantic/src/languages.ts";
import { mergeSources } from "../../packages/semantic/src/merge/index.ts";
import { withTree } from "../../packages/semantic/src/parse.ts";
import { git as asPerson, commitAll, makeRepository, type Place, writeIn } from "../../test/repo.ts";
import { bigRepository } from "./big_repository.ts";

const { values } = parseArgs({
  options: {
    bin: { type: "string" },
    runs: { type: "string", default: "15" },
    only: { type: "string", default: "index,verdict,merge,parses" },
    index: { type: "string" },
  },
});
const SIZE = { files: 5_000, bytes: 20_000_000 };
const [CHANGED, LINES, PARSES] = [20, 2_000, 10_000];
const MIB = 1024 * 1024;
const runs = Number(values.runs);
const now_ms = () => performance.now();
const bin = values.bin ? resolve(values.bin) : null;
const self = bin
  ? [bin]
  : [
      process.execPath,
      "--config=/dev/null",
      "--no-env-file",
      resolve(import.meta.dir, "../../packages/cli/src/main.ts"),
    ];

async function measure(parts: readonly string[]): Promise<void> {
  const wantsRepository = parts.includes("index") || parts.includes("verdict");
  const place = wantsRepository ? makeRepository(bigRepository(SIZE)) : null;
  try {
    if (place !== null) await measureIndex(place);
    if (place !== null && parts.includes("verdict")) await measureVerdict(place);
    if (parts.includes("merge")) await measureMerge();
    if (parts.includes("parses")) await measureParses();
  } finally {
    place?.stop();
  }
}

/** The whole repository by a process of its own, so that nothing of the bench is in its memory. */
async function measureIndex({ root }: Place): Promise<void> {
  const argv = [process.execPath, import.meta.path, "--index", root, ...(bin ? ["--bin", bin] : [])];
  const from_ms = now_ms();
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
  const peak = { pss: 0, rss: 0 };
  const timer = setInterval(() => {
    const all = [child.pid, ...descendantsOf(child.pid)].map(memoryOf);
    for (const key of ["pss", "rss"] as const) peak[key] = Math.max(peak[key], sum(all.map((one) => one[key])));
  }, 400); // looking costs processor time itself
  const said = await new Response(child.stdout).text();
  clearInterval(timer);
  if ((await child.exited) !== 0) throw new Error("the index was not made");
  const took_ms = now_ms() - from_ms;
  say(`index of ${SIZE.files} files, ${SIZE.bytes / 1e6} MB, from nothing`, took_ms, [12_000, "ms"], said.trim());
  say(
    "peak memory of all its processes",
    peak.pss / MIB,
    [300, "MiB"],
    `shared pages counted once; ${(peak.rss / MIB).toFixed(0)} MiB resident`,
  );
}

async function indexAll(root: string): Promise<void> {
  const git = createGit(root);
  const languages = openLanguages();
  const file = join(root, ".git/dgov-symbols.db");
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
  const cache = openBlobCache(file, { now_ms });
  const analyst = createAnalyst(self, 2);
  const rows = (await git.text(["ls-tree", "-r", "HEAD"])).split("\n").map((row) => row.split(/\s+/));
  const files = rows.map(([, , blob = "", path = ""]) => ({ path, blob }));
  const { looked } = await fillCache({ git, cache, analyst, languages }, files);
  const cpu_s = sum([process.pid, ...descendantsOf(process.pid)].map(cpuOf));
  console.log(`${looked} contents, ${cpu_s.toFixed(1)} s of processor`);
  analyst.close();
  cache.close();
}

/** A side that changed one file has landed, and a candidate that changed 20 others is judged. */
async function measureVerdict(place: Place): Promise<void> {
  const git = createGit(place.root);
  const symbols = openSymbols({ git, self, now_ms });
  const tree = (commit: string) => asPerson(place, "rev-parse", `${commit}^{tree}`).trim();
  const paths = asPerson(place, "ls-files", "*.py")
    .trim()
    .split("\n")
    .filter((_, at) => at % 7 === 0);
  const change = (path: string, text: string) =>
    writeIn(place.root, path, `${readFileSync(join(place.root, path), "utf8")}\n${text}`);
  const base = tree("HEAD");
  change(paths[0]!, "landed = 1\n");
  const left = tree(commitAll(place, "left"));
  const judged = async (name: string): Promise<() => Promise<void>> => {
    asPerson(place, "checkout", "-q", "-B", "task", "main~1");
    for (const path of paths.slice(1, CHANGED + 1)) change(path, `def ${name}():\n    return landed_${name}\n`);
    const right = tree(commitAll(place, name));
    asPerson(place, "checkout", "-q", "-B", "merged");
    asPerson(place, "merge", "-q", "-m", "merge", "main");
    const merged = tree("HEAD");
    return async () =>
      void (await symbols.judge(
        { base, left, right, merged },
        { by_symbols: new Map(), called: { left: "a", right: "b" } },
      ));
  };
  const known = await judged("known");
  await known();
  say(`verdict on ${CHANGED} changed files, all known`, median(await times(known)), [60, "ms"]);
  const fresh: number[] = [];
  for (let run = 0; run < Math.min(runs, 7); run++) {
    const work = await judged(`fresh${run}`);
    const from_ms = now_ms();
    await work();
    fresh.push(now_ms() - from_ms);
  }
  say(`the same with their ${CHANGED} contents looked at first`, median(fresh), [null, "ms"]);
  symbols.close();
}

async function measureMerge(): Promise<void> {
  const grammars = await openGrammars();
  const body = (n: number, own: string) =>
    `def f${n}(a, b=${n}):\n    """Of ${n}."""\n    c = a + b\n${own}    return c * ${n}\n\n\n`;
  const text = (own: (n: number) => string) =>
    `import os\n\n\n${Array.from({ length: Math.ceil(LINES / 6) }, (_, n) => body(n, own(n))).join("")}`;
  const texts = {
    base: text(() => ""),
    left: `${text((n) => (n % 20 === 0 ? "    c += 1\n" : ""))}def left():\n    return os\n`,
    right: `${text((n) => (n % 20 === 1 ? "    c += 2\n" : ""))}def right():\n    return os\n`,
  };
  const reader = {
    grammar: grammars.grammar("python"),
    summary: (own: string, depth: Depth) => analyse(grammars, "a.py", own, depth),
  };
  const merge = async () => {
    if (mergeSources(reader, texts).did !== "merged") throw new Error("it is not merged");
  };
  await times(merge);
  say(`structural merge of ${texts.left.split("\n").length} lines`, median(await times(merge)), [80, "ms"]);
}

async function measureParses(): Promise<void> {
  const grammar = (await openGrammars()).grammar("python");
  const text = readFileSync(new URL("../../test/semantic/scopes.py", import.meta.url), "utf8");
  const parse = () => withTree(grammar, text, ({ rootNode }) => ({ faulty: rootNode.hasError }));
  for (let n = 0; n < PARSES / 10; n++) parse();
  const before = settled();
  for (let n = 0; n < PARSES; n++) parse();
  say(`left behind by ${PARSES} parses of ${text.length} characters`, (settled() - before) / MIB, [30, "MiB"]);
}

function settled(): number {
  Bun.gc(true);
  return process.memoryUsage().rss;
}

async function times(work: () => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  for (let run = 0; run < runs; run++) {
    const from_ms = now_ms();
    await work();
    took.push(now_ms() - from_ms);
  }
  return took;
}

function say(what: string, value: number, [budget, unit]: readonly [number | null, string], more = ""): void {
  const isOver = budget !== null && value > budget;
  const verdict = budget === null ? "nothing asked" : `${isOver ? "OVER" : "within"} ${budget}`;
  console.log(`${what.padEnd(52)} ${value.toFixed(1).padStart(9)} ${unit.padEnd(4)} ${verdict}${more && ` (${more})`}`);
  if (isOver) process.exitCode = 1;
}

function memoryOf(pid: number): { pss: number; rss: number } {
  const { stdout } = Bun.spawnSync(["cat", `/proc/${pid}/smaps_rollup`], { stderr: "ignore" }); // it may be gone meanwhile
  const text = stdout.toString();
  const of = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { pss: of("Pss"), rss: of("Rss") };
}

const TICKS = 100; // of a second, on every Linux that we know
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

const sum = (all: readonly number[]): number => all.reduce((before, own) => before + own, 0);
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;

if (values.index !== undefined) await indexAll(values.index);
else await measure(values.only.split(","));
