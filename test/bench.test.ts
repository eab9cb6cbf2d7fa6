import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { commitAll, dgov, eventsOf, git, type Place, readIn, startDgov, writeIn } from "./repo.ts";
import { bash, type Call, done, edit, layTasks, newMark, processesWith, untilRunning } from "./scripted.ts";

setDefaultTimeout(240_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const SCHEMA = join(import.meta.dir, "../docs/bench.schema.json");
const TEST_TEXT = "test -f src/a.txt\n";
const usage = { input: 1000, output: 100 };
const script = (...attempts: Call[][]) =>
  JSON.stringify({
    version: 1,
    tasks: {
      "tasks/main.a": {
        attempts: attempts.map((calls) => ({ turns: calls.map((call) => ({ calls: [call], usage })) })),
      },
    },
  });
const good = edit("src/a.txt", "alpha", "good");

const PROFILES = `
[limits]
settlement_retries = 0
[prices."scripted/scripted"]
input = 1
output = 10
[prices."scripted/strong"]
input = 100
output = 100
[[tiers.escalation]]
agent = "strong"
[profiles.fine]
[profiles.poor]
script = "poor.json"
[profiles.cheat]
script = "cheat.json"
[profiles.keyless]
provider = "far"
[providers.far]
base_url = "https://far.example/v1"
api_key_env = "NO_SUCH_KEY"
default_agent = "far"
`;

/** A plan with one task: `fine` does it at once, `poor` at the second rung, and `cheat` changes a test with it. */
function lay(more: Record<string, string> = {}): Place {
  const place = layTasks(
    { a: { claims: 'files.edit = ["src/a.txt", "tests/a_test.txt"]', attempts: [] } },
    {
      project: { lint_cmd: "! grep -q bad src/a.txt", test_cmd: "" },
      tables: PROFILES,
      files: {
        "tests/a_test.txt": TEST_TEXT,
        "poor.json": script([edit("src/a.txt", "alpha", "bad"), done], [edit("src/a.txt", "bad", "good"), done]),
        "cheat.json": script([good, edit("tests/a_test.txt", "test -f", "true"), done]),
        ".dgov/plans/p/script.json": script([good, done]),
        ...more,
      },
    },
  );
  open.push(place);
  return place;
}

/** One more profile, whose first attempt hangs in a command with the mark. */
function laySlow(mark: string): Place {
  const place = lay({ "slow.json": script([bash(`sleep ${mark}`), done], [good, done]) });
  const table = '[profiles.slow]\nscript = "slow.json"\n';
  writeIn(place.root, ".dgov/project.toml", `${readIn(place, ".dgov/project.toml")}${table}`);
  commitAll(place, "one that takes its time");
  return place;
}

/** All that a person could call theirs: files, branches, index, log. */
const ownOf = (place: Place) => ({
  refs: git(place, "for-each-ref"),
  status: git(place, "status", "--porcelain"),
  events: eventsOf(place).length,
  worktrees: git(place, "worktree", "list"),
  beside: readdirSync(place.folder).sort(),
});

const benched = (place: Place, ...args: string[]) => {
  const { status, stdout, stderr } = dgov(place, "bench", "p", "--json", ...args);
  return { status, view: stdout === "" ? null : JSON.parse(stdout), stderr };
};
type Row = Record<string, unknown> & { run: { tasks: Record<string, number> } | null };
const rowOf = (view: { summary: { rows: Row[] } }, profile: string) =>
  view.summary.rows.find((row) => row.profile === profile)!;

test("H4 one plan under several profiles: the same frozen tests, and a failing profile is a row", () => {
  const place = lay();
  const before = ownOf(place);
  const { status, view } = benched(place, "--profiles", "fine,keyless,poor");
  expect(view.summary.rows.map(({ profile, outcome }: Row) => [profile, outcome])).toEqual([
    ["fine", "complete"],
    ["keyless", "refused"],
    ["poor", "complete"],
  ]);
  expect(status).toBe(1); // one could not be measured
  const sha256 = createHash("sha256").update(TEST_TEXT).digest("hex");
  expect(view.summary.tests.files).toEqual([{ path: "tests/a_test.txt", sha256 }]);
  expect(view.summary.tests.same).toBe(true);
  const { digest } = view.summary.tests;
  expect(rowOf(view, "fine").tests).toEqual({ digest, changed: [] });
  expect(rowOf(view, "poor").tests).toEqual({ digest, changed: [] });
  expect(rowOf(view, "fine")).toMatchObject({ without_escalation: 1, agents: ["scripted/scripted"] });
  expect(rowOf(view, "poor")).toMatchObject({
    ...{ without_escalation: 0, agents: ["scripted/scripted", "scripted/strong"] },
    run: { tasks: { landed: 1, escalated: 1 }, attempts: { begun: 2, rejected: 1 }, source: "bench" },
  });
  expect(rowOf(view, "keyless")).toMatchObject({ error: { code: "key_missing" }, run: null, tests: null });
  // 2 calls at 1 and 10 a million; then the same, and 2 at 100 and 100.
  expect(view.summary.spent).toEqual({ calls: 6, tokens: 6600, cost_micros: 4000 + 4000 + 220_000, unpriced_calls: 0 });
  expect(ownOf(place)).toEqual(before);
  expect(readIn(place, "src/a.txt")).toBe("alpha\n");
});

test("H4 the summary holds to its published schema, beside each profile's figures, and is told as a table", () => {
  const place = lay();
  const { status, stdout, stderr } = dgov(place, "bench", "p", "--profiles", "fine", "--out", "../figures");
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("fine: complete after") });
  expect(stdout).toMatch(/fine +complete +1\/1 +100 % +1 +0 +2200 +0\.004 USD/);
  const schema = z.fromJSONSchema(JSON.parse(readFileSync(SCHEMA, "utf8")));
  expect(dgov(place, "bench", "--schema").stdout).toBe(readFileSync(SCHEMA, "utf8"));
  const summary = JSON.parse(readFileSync(join(place.folder, "figures/summary.json"), "utf8"));
  expect(schema.safeParse(summary).error).toBeUndefined();
  expect(schema.safeParse({ ...summary, rows: [{ ...summary.rows[0], outcome: "won" }] }).success).toBe(false);
  const { tests: _, ...less } = summary;
  expect(schema.safeParse(less).success).toBe(false);
  const lines = readFileSync(join(place.folder, "figures/fine.metrics.jsonl"), "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).kind)).toEqual(["task", "run"]);
});

test("H4 work that changes a test is not measured by the same tests, and the table says so", () => {
  const place = lay();
  const { status, view } = benched(place, "--profiles", "fine,cheat");
  expect(status).toBe(1);
  expect(view.summary.tests.same).toBe(false);
  expect(rowOf(view, "cheat")).toMatchObject({ outcome: "complete", tests: { changed: ["tests/a_test.txt"] } });
  const said = dgov(place, "bench", "p", "--profiles", "cheat").stdout;
  expect(said).toContain("cheat is not measured by the same tests: its work has changed tests/a_test.txt");
});

test("H4 what the profiles may spend together is spent once, and who comes too late is told", () => {
  const place = lay();
  const { view } = benched(place, "--profiles", "fine,poor", "--max-calls", "3");
  expect(rowOf(view, "fine")).toMatchObject({ outcome: "complete" });
  expect(rowOf(view, "poor")).toMatchObject({ outcome: "failed" });
  expect(view.summary.spent.calls).toBe(3);
  const late = benched(place, "--profiles", "fine,poor", "--max-money", "0.1", "--max-calls", "2").view;
  expect(rowOf(late, "poor")).toMatchObject({ outcome: "not_run", error: { code: "budget" }, run: null });
});

const worksOn = (place: Place) => join(place.folder, ".dgov-worktrees-repo");

test("H4 a bench that is killed leaves no process, and the same call goes on with it", async () => {
  const mark = newMark();
  const place = laySlow(mark);
  const args = ["bench", "p", "--profiles", "fine,slow,poor", "--json"];
  const child = startDgov(place, ...args);
  await untilRunning(mark);
  child.kill("SIGKILL");
  await child.exited;
  for (let tries = 0; tries < 1500 && processesWith(mark).length > 0; tries++) await Bun.sleep(20);
  expect(processesWith(mark)).toEqual([]);
  for (let tries = 0; tries < 1500 && processesWith("__tethered").some((line) => line.includes("slow")); tries++)
    await Bun.sleep(20);
  const summary = () => JSON.parse(readIn(place, ".dgov/runtime/bench/p/summary.json"));
  expect(summary()).toMatchObject({ ended_at_ms: null, rows: [{ profile: "fine" }] });
  const began_at_ms = summary().began_at_ms;
  expect(existsSync(worksOn(place))).toBe(true);
  const again = startDgov(place, ...args);
  const text = await new Response(again.stdout).text();
  await again.exited;
  const { summary: after } = JSON.parse(text);
  expect(after.began_at_ms).toBe(began_at_ms);
  expect(after.rows.map(({ profile, outcome }: Row) => [profile, outcome])).toEqual([
    ["fine", "complete"],
    ["slow", "complete"],
    ["poor", "complete"],
  ]);
  expect(after.rows[1].run).toMatchObject({ resumed: 1 });
  expect(existsSync(worksOn(place))).toBe(false);
});

test("H4 a profile whose process dies is a row, and the others go on", async () => {
  const mark = newMark();
  const place = laySlow(mark);
  const child = startDgov(place, "bench", "p", "--profiles", "slow,fine", "--json");
  await untilRunning(mark);
  const [run] = processesWith(`__tethered run .dgov/plans/p --profile=slow`);
  expect(run).toBeDefined();
  const found = Bun.spawnSync(["pgrep", "-P", String(child.pid)])
    .stdout.toString()
    .trim()
    .split("\n");
  for (const pid of found) process.kill(Number(pid), "SIGKILL");
  const { summary } = JSON.parse(await new Response(child.stdout).text());
  expect(await child.exited).toBe(1);
  expect(summary.rows.map(({ profile, outcome }: Row) => [profile, outcome])).toEqual([
    ["slow", "crashed"],
    ["fine", "complete"],
  ]);
});

test("H4 what cannot be compared is refused before anything is run", () => {
  const place = lay();
  const refused = (...args: string[]) => {
    const { status, stderr } = dgov(place, "bench", ...args);
    return { status, said: stderr.split("\n")[0] };
  };
  const said = expect.stringContaining;
  expect(refused("p")).toEqual({ status: 2, said: said("--profiles names none") });
  expect(refused("p", "--profiles", "fine,fine")).toEqual({ status: 2, said: said('"fine" twice') });
  expect(refused("p", "--profiles", "fine,por")).toEqual({ status: 2, said: said('the nearest is "poor"') });
  expect(refused("q", "--profiles", "fine")).toMatchObject({ status: 3 });
  writeIn(place.root, "src/a.txt", "other\n");
  expect(refused("p", "--profiles", "fine")).toEqual({ status: 4, said: said("not committed") });
  git(place, "checkout", "-q", "src/a.txt");
  git(place, "rm", "-rq", "--cached", ".dgov/plans");
  writeIn(place.root, ".dgov/.gitignore", `${readIn(place, ".dgov/.gitignore")}plans/\n`);
  commitAll(place, "plans are nobody's business");
  expect(refused("p", "--profiles", "fine")).toEqual({ status: 4, said: said("is in no commit") });
  expect(existsSync(worksOn(place))).toBe(false);
});

test("H4 run --profile: who began a run goes on with it, and its name is in the log", async () => {
  const mark = newMark();
  const place = laySlow(mark);
  expect(dgov(place, "run", "p", "--profile", "nobody").status).toBe(2);
  const child = startDgov(place, "run", "p", "--profile", "slow");
  await untilRunning(mark);
  child.kill("SIGKILL");
  await child.exited;
  const other = dgov(place, "run", "p");
  expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('begun with the profile "slow"') });
  expect(dgov(place, "run", "p", "--profile", "slow").status).toBe(0);
  expect(eventsOf(place)[0]).toMatchObject({ kind: "run_started", profile: "slow" });
});
