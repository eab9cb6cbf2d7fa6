import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createIsolationMaker,
  INTERPRETED,
  type Isolation,
  type IsolationMaker,
  type Level,
  ToolPolicy,
} from "../packages/sandbox/src/index.ts";
import { descendantsOf } from "../packages/sandbox/src/process_tree.ts";
import { toolsOf } from "../packages/sandbox/src/registry.ts";
import { available } from "./jail.ts";
import { LAB_LIMITS } from "./lab.ts";
import { DGOV } from "./repo.ts";
import { openSandboxLab, type SandboxLab } from "./sandbox/lab.ts";
import { runRows } from "./sandbox/rig.ts";
import { readRows } from "./sandbox/row.ts";

setDefaultTimeout(180_000); // hundreds of calls on a machine under load

const CASES = join(import.meta.dir, "fixtures/sandbox/cases.jsonl");
const MIB = 1024 * 1024;
const policy = ToolPolicy.parse({});
/** The whole program, which lends its tools what reads code. */
const maker = createIsolationMaker({ self: DGOV, now_ms: () => performance.now() });

/** Programs that tools and commands might start, each of which only writes down that it was. */
const NATIVE = [
  ...INTERPRETED,
  ..."git python python3 node bun perl ruby ps id uname make cc gcc ulimit pytest lint fix uv".split(" "),
];
const folder = mkdtempSync(join(tmpdir(), "dgov-native-"));
for (const name of NATIVE) {
  writeFileSync(join(folder, name), `#!/bin/sh\necho "$0 $*" >> "$TMPDIR/native"\n`);
  chmodSync(join(folder, name), 0o755);
}
const labs: SandboxLab[] = [];
const opened: Isolation[] = [];
afterAll(async () => {
  for (const isolation of opened) await isolation.stop();
  for (const lab of labs) lab.remove();
  rmSync(folder, { recursive: true, force: true });
});

type Started = { spaces: string[]; programs: Set<string> };

/** The only program that may be started. */
const OWN = realpathSync(DGOV[0]!);

/** A maker whose isolations find only the recorders first. `seen` gathers which files the processes below them are of. */
function recording(seen: Started): IsolationMaker {
  return {
    ...maker,
    async start(level, spec) {
      seen.spaces.push(join(spec.tmp, "tmp/native"));
      const isolation = await maker.start(level, { ...spec, env: { ...spec.env, PATH: `${folder}:${spec.env.PATH}` } });
      const look = setInterval(() => {
        for (const pid of descendantsOf(isolation.pid)) seen.programs.add(programOf(pid));
      }, 3);
      const stop = () => {
        clearInterval(look);
        return isolation.stop();
      };
      const watched = { ...isolation, stop };
      opened.push(watched);
      return watched;
    },
  };
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return "gone"; // it has ended meanwhile
  }
}

const called = ({ spaces }: Started) =>
  spaces.flatMap((file) => (existsSync(file) ? [readFileSync(file, "utf8")] : []));

async function openAt(level: Level, seen: Started, limits = {}): Promise<Isolation> {
  const lab = await openSandboxLab();
  labs.push(lab);
  const spec = lab.spec("worker");
  return recording(seen).start(level, { ...spec, limits: { ...LAB_LIMITS, ...limits } });
}
const unseen = (): Started => ({ spaces: [], programs: new Set() });

/** Every tool of a worker with an input that makes it work. */
const INPUTS: Readonly<Record<string, Record<string, unknown>>> = {
  read_file: { path: "src/app.py" },
  head: { path: "src/app.py" },
  tail: { path: "src/app.py" },
  list_dir: { path: "src" },
  tree: {},
  glob: { pattern: "**/*.py" },
  grep: { pattern: "return" },
  ripgrep: { pattern: "return", flags: "-C1 -t py" },
  ast_grep: { pattern: "f($A)" },
  find_references: { symbol: "g" },
  search_tests_for: { symbol: "f" },
  file_symbols: { path: "src/other.py" },
  related_files: { path: "src/app.py" },
  check_syntax: { path: "src/app.py" },
  word_count: { path: "." },
  jq: { expr: ".a | length", path: "data.json" },
  git_diff: {},
  recent_changes: { path: "src/app.py" },
  assert_file_unchanged: { path: "src/other.py" },
  run_tests: {},
  lint_check: {},
  type_check: {},
  scope_status: {},
  run_script: {
    code: 'return [await tools.grep({ pattern: "return" }), await tools.git_diff()].join("\\n")',
    timeout_s: 60,
  },
  delete_file: { path: ".style.cfg" },
  write_file: { path: ".style.cfg", content: "[style]\n" },
  edit_file: { path: "src/app.py", old_text: "return 1", new_text: "return 2" },
  apply_patch: { path: "src/multi.txt", patch: "@@ -1,1 +1,1 @@\n-a\n+b\n" },
  revert_file: { path: "src/app.py" },
  run_bash: { cmd: "git status; python3 -c 1; /bin/ls; grep -r return src | sort | head -1" },
  lint_fix: { file: "src/app.py" },
  format_file: { file: "src/app.py" },
  done: { summary: "x" },
};
/** They need a native program, and say so. */
const NEEDS_NATIVE = ["run_tests", "lint_check", "lint_fix", "format_file"];

test("at the level without a jail every tool works or says why, and nothing native is started", async () => {
  const seen = unseen();
  const isolation = await openAt("wasm", seen);
  expect(Object.keys(INPUTS).sort()).toEqual([...toolsOf("worker")].map(({ name }) => name).sort());
  const failed: string[] = [];
  for (const [tool, input] of Object.entries(INPUTS)) {
    const answer = await isolation.call(tool, input, policy);
    if (!answer.ok) failed.push(tool);
    if (NEEDS_NATIVE.includes(tool)) expect(answer.text, tool).toMatch(/native program/);
  }
  expect(failed.sort()).toEqual([...NEEDS_NATIVE].sort());
  expect(called(seen)).toEqual([]);
  expect([...seen.programs].filter((path) => path !== "gone" && path !== OWN)).toEqual([]);
  expect(seen.programs).toContain(OWN); // we have looked in time
});

test("nor for any tried call", async () => {
  const seen = unseen();
  const rows = readRows(readFileSync(CASES, "utf8"), CASES);
  const outcomes = await runRows(rows, { maker: recording(seen), level: "wasm" });
  expect(outcomes.filter(({ faults }) => faults.length > 0).map(({ id, faults }) => [id, faults])).toEqual([]);
  expect(called(seen)).toEqual([]);
  expect([...seen.programs].filter((path) => path !== "gone" && path !== OWN)).toEqual([]);
});

const jail = available[0];
test.skipIf(jail === undefined)("in a jail the recorders are called: so they would have been seen", async () => {
  const seen = unseen();
  const isolation = await openAt(jail!, seen);
  for (const tool of ["jq", "glob", "run_bash"]) await isolation.call(tool, INPUTS[tool]!);
  expect(called(seen).join("")).toMatch(/git /);
});

/** Questions to the search and to git, which both levels answer alike. */
const ALIKE: readonly [string, Record<string, unknown>][] = [
  ["grep", { pattern: "return" }],
  ["grep", { pattern: "(?i)RETURN \\d" }],
  ["grep", { pattern: "\\bdef\\s+\\w+\\(\\)", path: "src" }],
  ["grep", { pattern: "(?<=return )[0-9]$", path: "src/app.py" }],
  ["grep", { pattern: "[[:digit:]]\\x{2c}", path: "data.json" }],
  ["grep", { pattern: "CANARY" }],
  ["grep", { pattern: "nowhere to be found" }],
  ["grep", { pattern: "pwn", path: "ignored" }],
  ["grep", { pattern: "x", path: "link_out" }],
  ["grep", { pattern: "\\-" }],
  ["ripgrep", { pattern: "return", flags: "-c" }],
  ["ripgrep", { pattern: "return", flags: "-l -t py" }],
  ["ripgrep", { pattern: "return", flags: "--files-without-match -g src/*.py" }],
  ["ripgrep", { pattern: "RM", flags: "-i -o -w" }],
  ["ripgrep", { pattern: "rm", flags: "-C 1 -g evil.*" }],
  ["ripgrep", { pattern: "b", flags: "-A1 -B2 -m 1 -F", path: "src" }],
  ["ripgrep", { pattern: "src/other.py", flags: ["-x", "-F", "-g", "!*.json"] }],
  ["ripgrep", { pattern: "return", flags: ["-v", "-g", "/src/app.py"] }],
  ["ripgrep", { pattern: "return", flags: "-S -g !src/**" }],
  ["find_references", { symbol: "g", exclude_tests: true }],
  ["find_references", { symbol: "test_f" }],
  ["search_tests_for", { symbol: "f" }],
  ["related_files", { path: "src/app.py" }],
  ["glob", { pattern: "**/*.py" }],
  ["glob", { pattern: ".*" }],
  ["word_count", { path: "src" }],
  ["git_diff", {}],
  ["scope_status", {}],
  ["recent_changes", { path: "src" }],
  ["recent_changes", { path: "nowhere" }],
  ["assert_file_unchanged", { path: "bin.dat" }],
  ["assert_file_unchanged", { path: "src/app.py" }],
  ["revert_file", { path: "src/app.py" }],
  ["git_diff", {}],
  ["jq", { expr: ".a | add", path: "data.json" }],
];

describe.skipIf(jail === undefined)("without a jail the answers are those of a jail", () => {
  test.each(ALIKE.map(([tool, input], n) => [n, tool, input] as const))("%d %s %j", async (n) => {
    const [own, jailed] = await pair();
    const [tool, input] = ALIKE[n]!;
    const wanted = await jailed.call(tool, input);
    expect(await own.call(tool, input)).toEqual(wanted);
    expect(wanted.text).not.toContain("CANARY");
  });
  const made: Isolation[] = [];
  const pair = async (): Promise<[Isolation, Isolation]> => {
    for (const level of made.length === 0 ? (["wasm", jail!] as const) : []) {
      const lab = await openSandboxLab();
      labs.push(lab);
      const isolation = await maker.start(level, lab.spec("worker"));
      opened.push(isolation);
      made.push(isolation);
    }
    return [made[0]!, made[1]!];
  };
});

test.each([
  ["(a+)+$", "timeout", 4_000],
  ["a$", "exit", 40_000], // a busy machine starts an interpreter late
])("a pattern that never ends is ended by the clock: %s", async (pattern, ended, timeout_ms) => {
  const isolation = await openAt("wasm", unseen());
  const text = { path: ".style.cfg", old_text: "[style]", new_text: `${`${"a".repeat(64)}b\n`.repeat(100)}a` };
  expect(await isolation.call("edit_file", text)).toMatchObject({ ok: true });
  const search = { files: [".style.cfg"], flags: ["-P"], pattern };
  const result = await isolation.exec({
    command: "",
    search,
    timeout_ms,
    output_max_bytes: 1e6,
    clip_bytes: 1e4,
  });
  expect(result.ended).toBe(ended as "exit");
  expect(await isolation.call("grep", { pattern: "return 1", path: "src/app.py" })).toMatchObject({ ok: true });
});

test.each([
  ["(", /pattern cannot be read/],
  ["a++", /pattern cannot be read/],
  ["\\Ka", /means nothing here/],
])("a pattern that cannot be read is refused: %s", async (pattern, words) => {
  const isolation = await openAt("wasm", unseen());
  expect(await isolation.call("grep", { pattern })).toMatchObject({ ok: false, text: expect.stringMatching(words) });
});

test("memory beyond the limit ends what is interpreted, and the next call is served", async () => {
  const isolation = await openAt("wasm", unseen(), { memory_bytes: 256 * MIB });
  const grow = `x=${"x".repeat(64)}; for n in $(seq 18); do x=$x$x; done
for n in $(seq 90); do printf %s "$x" | tr x y | rev | wc -c; done`;
  const result = await isolation.exec({ command: grow, timeout_ms: 60_000, output_max_bytes: 1e6, clip_bytes: 1e4 });
  expect(result).toMatchObject({ exit: null, ended: "memory_limit" });
  expect(await isolation.call("run_bash", { cmd: "echo on" })).toMatchObject({ ok: true, text: "on\nEXIT:0" });
});

test("filling the private folder ends the command, and it can be cleaned up", async () => {
  const isolation = await openAt("wasm", unseen(), { tmp_bytes: 20 * MIB });
  const fill = `s=$(printf '%01000000d' 7); for n in $(seq 60); do for m in 1 2 3 4; do printf %s "$s"; done > "$TMPDIR/$n"; done`;
  const result = await isolation.exec({ command: fill, timeout_ms: 60_000, output_max_bytes: 1e6, clip_bytes: 1e4 });
  expect(result).toMatchObject({ exit: null, ended: "disk_limit" });
  expect(await isolation.call("run_bash", { cmd: 'rm -f "$TMPDIR"/* && echo on' })).toMatchObject({
    text: "on\nEXIT:0",
  });
});

test("nobody to ask is an answer, and so is what git refuses", async () => {
  const lab = await openSandboxLab();
  labs.push(lab);
  const { git: _, ...spec } = lab.spec("worker");
  const isolation = await maker.start("wasm", spec);
  opened.push(isolation);
  expect(await isolation.call("glob", { pattern: "*" })).toMatchObject({
    ok: false,
    text: expect.stringContaining("git cannot be asked"),
  });
  const told = await maker.start("wasm", {
    ...lab.spec("worker"),
    git: async () => ({ ok: false, why: "it is away" }),
  });
  opened.push(told);
  expect(await told.call("git_diff", {})).toMatchObject({ ok: false, text: expect.stringContaining("it is away") });
});
