import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXITS } from "../packages/cli/src/reference.ts";
import { dgov, eventsOf, git, makeRepository, type Place, startDgov, writeIn } from "./repo.ts";
import { bash, done, edit, hanging, layTasks, newMark, untilRunning, write } from "./scripted.ts";

setDefaultTimeout(240_000); // each starts the program several times, on whatever else the machine does
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});
const kept = (place: Place): Place => {
  open.push(place);
  return place;
};
const A = { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] };
const FALLS = {
  claims: 'files.edit = ["src/b.txt"]',
  attempts: [[{ tool: "done", args: { summary: "no", outcome: "blocked" } }]],
};
const lay = (...how: Parameters<typeof layTasks>): Place => kept(layTasks(...how));
const BAD = { claims: 'files.create = ["notes/a.md"]', attempts: [[write("notes/a.md", "bad\n"), done]] };
/** A test of all of it, which is asked only where all tests are. */
const RED = {
  project: {
    test_cmd: 'for file in {test_dir}; do if [ -d "$file" ]; then sh "$file"/all_test.sh; else sh "$file"; fi; done',
    test_dir: "tests",
    src_dir: "src",
  },
  files: { "tests/all_test.sh": "! grep -qs bad notes/*.md\n" },
};
const RUN = ["run", ".dgov/plans/p", "--yes"];

/** Every file below the root with what is in it, and all refs: what a command that only looks leaves as it is. */
function fingerprint(place: Place): string {
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === ".git" ? [] : walk(path);
      return /state\.db-(wal|shm)$/.test(path)
        ? []
        : [`${path} ${Bun.hash(readFileSync(path))} ${statSync(path).mode}`];
    });
  return [...walk(place.root).sort(), git(place, "for-each-ref"), git(place, "status", "--porcelain")].join("\n");
}

type Outcome = [status: number, outcome: string, make: () => { place: Place; argv: string[] }];
// biome-ignore format: a table reads by its columns
const OUTCOMES: Outcome[] = [
  [0, "all has landed",                    () => ({ place: lay({ a: A }), argv: RUN })],
  [0, "a plan without faults",             () => ({ place: lay({ a: A }), argv: ["validate", ".dgov/plans/p"] })],
  [1, "some has landed",                   () => ({ place: lay({ a: A, b: FALLS }), argv: RUN })],
  [1, "nothing has landed",                () => ({ place: lay({ b: FALLS }), argv: RUN })],
  [1, "all has landed, and is red together", () => ({ place: lay({ a: BAD }, RED), argv: RUN })],
  [1, "a gate refuses",                    () => ({ place: lay({ a: A }, { project: { lint_cmd: "false {file}" } }), argv: RUN })],
  [2, "a flag that is not there",          () => ({ place: lay({ a: A }), argv: [...RUN, "--nope"] })],
  [2, "a command that is not there",       () => ({ place: lay({ a: A }), argv: ["runn"] })],
  [3, "a plan that is not there",          () => ({ place: lay({ a: A }), argv: ["run", "ghost"] })],
  [3, "a plan with a fault",               () => ({ place: lay({ a: { ...A, claims: 'files.edit = ["/etc/passwd"]' } }), argv: RUN })],
  [3, "a configuration with a fault",      () => ({ place: lay({ a: A }, { project: { unknown_key: "x" } }), argv: RUN })],
  [4, "a checkout with changes",           () => ({ place: changed(), argv: ["run", ".dgov/plans/p"] })],
  [5, "a key that is not there",           () => ({ place: lay({ a: A }, { project: { provider: "x" }, tables: '[providers.x]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "NO_SUCH_KEY"\ndefault_agent = "m"\n' }), argv: RUN })],
];

function changed(): Place {
  const place = lay({ a: A });
  writeIn(place.root, "src/a.txt", "by a person\n");
  return place;
}

test.each(OUTCOMES)("I5 exit status %d: %s", (status, _outcome, make) => {
  const { place, argv } = make();
  const ran = dgov(place, ...argv, "--json");
  expect({ status: ran.status, said: ran.stdout.slice(0, 400) + ran.stderr }).toMatchObject({ status });
  const said: unknown = JSON.parse(ran.stdout); // I1: one document, whatever the end
  if (status > 1) expect(said).toMatchObject({ error: { exit: status, code: expect.stringMatching(/^[a-z_]+$/) } });
});

test("I5 exit status 6: a job of that key asks for something else", () => {
  const place = lay({ a: A });
  const submit = (...more: string[]) => dgov(place, "jobs", "submit", "p", "--key", "k", ...more).status;
  expect(submit()).toBe(0);
  expect(submit("--jobs", "1")).toBe(6);
});

test("I5 exit status 130: it was interrupted", async () => {
  const mark = newMark();
  const place = lay({ a: { attempts: [[bash(hanging(mark)), done]] } });
  const run = startDgov(place, ...RUN);
  await untilRunning(`sleep ${mark}4`);
  run.kill("SIGINT");
  expect(await run.exited).toBe(130);
});

test("I5 the help tells every status that these outcomes have", () => {
  const told = EXITS.map(([status]) => status);
  for (const status of [...OUTCOMES.map(([status]) => status), 6, 70, 130]) expect(told).toContain(String(status));
});

test("I4 the audit, the metrics and the log count what the worker's script called, refusals and failures among it", () => {
  const calls = [
    { tool: "read_file", args: { path: "src/a.txt" } },
    { tool: "read_file", args: { path: "src/missing.txt" } },
    write("src/b.txt", "not mine"),
    edit("src/a.txt", "alpha", "omega"),
    done,
  ];
  const place = lay({ a: { attempts: [calls] } });
  expect(dgov(place, ...RUN).status).toBe(0);
  const json = (...argv: string[]) => JSON.parse(dgov(place, ...argv, "--json").stdout);
  const audit = json("tools", "audit");
  const logged = eventsOf(place).filter((event) => event.kind === "tool_called");
  const script = Object.fromEntries(
    [...Map.groupBy(calls, ({ tool }) => tool)].map(([tool, own]) => [tool, own.length]),
  );
  expect(audit.total_calls).toBe(calls.length);
  const counted = audit.tools.map(({ tool, calls: n }: { tool: string; calls: number }) => [tool, n]);
  expect(Object.fromEntries(counted)).toEqual(script);
  expect(logged.map(({ tool }) => tool)).toEqual(calls.map(({ tool }) => tool));
  const refused = logged.filter(({ refused_by }) => refused_by !== null).length;
  const failed = logged.filter(({ ok }) => !ok).length;
  expect({ refused, failed }).toEqual({ refused: 1, failed: 2 });
  const metrics = dgov(place, "metrics")
    .stdout.trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(metrics.at(-1).tools).toEqual({ calls: calls.length, failed, refused });
  const [unit] = json("plan", "review", "p").units;
  expect(unit).toMatchObject({ tool_calls: calls.length, refused_calls: refused });
});

test("I9 a dry run writes nothing, and names what the run then does", () => {
  const place = lay({ a: A, b: { ...FALLS, claims: `${FALLS.claims}\ndepends_on = ["a"]` } });
  const before = fingerprint(place);
  const dry = dgov(place, ...RUN, "--dry-run", "--json");
  expect(dry.status).toBe(0);
  expect(fingerprint(place)).toBe(before);
  const { unfinished } = JSON.parse(dry.stdout);
  dgov(place, ...RUN);
  const begun = eventsOf(place).flatMap((event) => (event.kind === "task_dispatched" ? [event.task] : []));
  expect(begun as string[]).toEqual(unfinished);
});

// biome-ignore format: a table reads by its columns
const CALLS: [status: number, tool: string, input: object][] = [
  [0, "read_file",  { path: "src/a.txt" }],
  [0, "edit_file",  { path: "src/a.txt", old_text: "alpha", new_text: "mine" }],
  [1, "write_file", { path: "src/b.txt", content: "not mine\n" }],
  [1, "write_file", { path: "../out.txt", content: "out\n" }],
  [1, "read_file",  { path: "../out.txt" }],
  [0, "run_bash",   { cmd: "cat src/b.txt" }],
];

test.each(CALLS)(
  "I9 exit status %d is said of a call without making it, and comes of it: %s %j",
  (status, tool, input) => {
    const place = lay({ a: A });
    const before = fingerprint(place);
    const asking = ["--tool", tool, "--args", JSON.stringify(input), "--edit", "src/a.txt", "--json"];
    const explained = dgov(place, "sandbox", "explain", ...asking);
    expect(fingerprint(place)).toBe(before);
    const called = dgov(place, "sandbox", "call", ...asking);
    expect({ explain: explained.status, call: called.status }).toEqual({ explain: status, call: status });
    if (status === 1) expect(JSON.parse(called.stdout).refused_by).not.toBeNull();
  },
);

test("I6 a dry run of clean and prune removes nothing", () => {
  const place = lay({ a: A, b: FALLS });
  dgov(place, ...RUN);
  const before = fingerprint(place);
  for (const command of ["clean", "prune"]) expect(dgov(place, command, "--dry-run").status).toBe(0);
  expect(fingerprint(place)).toBe(before);
});

test("I6 the worktree of a run at work survives clean and prune, also by force", async () => {
  const mark = newMark();
  const place = lay({ a: { attempts: [[edit("src/a.txt", "alpha", "begun"), bash(hanging(mark)), done]] } });
  const run = startDgov(place, ...RUN);
  await untilRunning(`sleep ${mark}4`);
  const trees = () => git(place, "worktree", "list", "--porcelain").match(/^worktree .*/gm) ?? [];
  const before = trees();
  expect(before.length).toBeGreaterThan(1);
  for (const command of ["clean", "prune"]) dgov(place, command, "--force");
  expect(trees()).toEqual(before);
  const own = before.map((line) => line.replace("worktree ", "")).find((path) => path !== place.root) ?? "";
  expect(existsSync(own)).toBe(true);
  expect(readFileSync(join(own, "src/a.txt"), "utf8")).toBe("begun\n");
  run.kill("SIGINT");
  expect(await run.exited).toBe(130);
});

test("I1 warnings and progress are on stderr: a run's stdout is one document", () => {
  const place = kept(makeRepository({ "a.txt": "a\n" }));
  writeFileSync(join(place.root, "b.txt"), "b\n");
  for (const argv of [["status"], ["plan", "list"], ["doctor"], ["run", "ghost"], ["nope"]]) {
    const { stdout } = dgov(place, ...argv, "--json");
    expect(JSON.parse(stdout)).toBeDefined();
  }
});
