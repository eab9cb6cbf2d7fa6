import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bareEnvironment,
  commitAll,
  dgov,
  eventsOf,
  git,
  layOut,
  type Place,
  readIn,
  startDgov,
  writeIn,
} from "./repo.ts";
import { bash, done, edit, hanging, layTasks, newMark, processesWith, untilRunning } from "./scripted.ts";

const RUNS = join(import.meta.dir, "fixtures/live");
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function lay(name: string): Place {
  const made = layOut(join(RUNS, name));
  open.push(made);
  return made;
}

/** Waits until the log holds an event of this kind, and fails after a minute. */
async function until(place: Place, kind: string): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (eventsOf(place).some((event) => event.kind === kind)) return;
    await Bun.sleep(20);
  }
  throw new Error(`No event "${kind}" within a minute`);
}

test("C19 Ctrl-C ends every process, keeps the work, exits 130, and the next run goes on", async () => {
  const place = lay("slow_worker");
  const run = startDgov(place, "run", ".dgov/plans/p");
  await until(place, "tool_called");
  run.kill("SIGINT");
  expect(await run.exited).toBe(130);
  expect(processesWith("sleep 1234.5")).toEqual([]);
  const failed = eventsOf(place).find((event) => event.kind === "attempt_failed");
  if (failed?.kind !== "attempt_failed" || failed.kept === null) throw new Error("The attempt was not kept");
  expect(failed.cause).toBe("interrupted");
  expect(git(place, "show", `${failed.kept}:src/a.txt`)).toBe("alpha, begun\n");
  expect(git(place, "for-each-ref", "--format=%(objectname)", "refs/dgov/attempts")).toContain(failed.kept);
  const again = dgov(place, "run", ".dgov/plans/p");
  expect({ status: again.status, said: again.stderr }).toMatchObject({ status: 0 });
  expect(readIn(place, "src/a.txt")).toBe("alpha, begun and ended\n");
  expect(eventsOf(place).filter((event) => event.kind === "run_started")).toHaveLength(1);
}, 120_000);

/** What hangs, unless the file at `flag` is there. */
type Hanging = (command: string) => Parameters<typeof layTasks>[1] & { worker?: string };
const HANGS: [string, Hanging][] = [
  ["setup_cmd", (command) => ({ project: { setup_cmd: command } })],
  ["the worker's command", (command) => ({ worker: command })],
  ["lint_fix_cmd", (command) => ({ project: { lint_fix_cmd: `: {file}; ${command}` } })],
  ["a gate", (command) => ({ project: { lint_cmd: command } })],
];
const ENDS: [string, NodeJS.Signals[]][] = [
  ["SIGTERM", ["SIGTERM"]],
  ["Ctrl-C twice", ["SIGINT", "SIGINT"]],
  ["SIGKILL", ["SIGKILL"]],
];

test.each(HANGS.flatMap(([where, make]) => ENDS.map(([how, signals]) => ({ where, how, make, signals }))))(
  "C19 $how while $where hangs leaves no process, and the next run goes on",
  async ({ make, signals }) => {
    const mark = newMark();
    const flags = mkdtempSync(join(tmpdir(), "dgov-flag-"));
    const flag = join(flags, "go");
    const { worker, ...more } = make(`test -e ${flag} || { ${hanging(mark)}; }`);
    const place = layTasks(
      { a: { attempts: [[edit("src/a.txt", "alpha", "omega"), bash(worker ?? "true"), done]] } },
      { ...more, tables: `[sandbox]\nread = ["${flags}"]\n` }, // a worker reads nothing beside its worktree otherwise
    );
    open.push(place);
    const run = startDgov(place, "run", ".dgov/plans/p");
    await untilRunning(`sleep ${mark}4`);
    for (const signal of signals) run.kill(signal);
    expect(await Promise.race([run.exited, Bun.sleep(30_000)])).toBe(signals.includes("SIGKILL") ? 137 : 130);
    for (let tries = 0; tries < 1_000 && processesWith(mark).length > 0; tries++) await Bun.sleep(20);
    expect(processesWith(mark)).toEqual([]);
    writeFileSync(flag, "");
    try {
      expect(dgov(place, "run", ".dgov/plans/p")).toMatchObject({ status: 0 });
    } finally {
      rmSync(flags, { recursive: true });
    }
    const kinds = eventsOf(place).map(({ kind }) => kind);
    for (const once of ["run_started", "task_landed"] as const)
      expect(kinds.filter((kind) => kind === once)).toHaveLength(1);
    expect(readIn(place, "src/a.txt")).toBe("omega\n");
  },
  180_000,
);

test("a second run in one repository is refused with the first one's pid and age", async () => {
  const place = lay("slow_worker");
  const run = startDgov(place, "run", ".dgov/plans/p");
  await until(place, "tool_called");
  const second = dgov(place, "run", ".dgov/plans/p");
  expect(second.status).toBe(4);
  expect(second.stderr).toContain(`${run.pid}`);
  expect(second.stderr).toMatch(/\d+ ?(ms|s|second)/);
  run.kill("SIGKILL");
  await run.exited;
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0);
}, 120_000);

test("D13 a branch that a person moves during the run is integrated with and judged again", async () => {
  const place = lay("waits_for_a_person");
  const run = startDgov(place, "run", ".dgov/plans/p");
  await until(place, "tool_called");
  writeIn(place.root, "src/b.txt", "beta, by a person\n");
  const theirs = commitAll(place, "by a person");
  expect(await run.exited).toBe(0);
  expect(git(place, "rev-list", "--first-parent", "main").split("\n")[1]).toBe(theirs);
  expect(readIn(place, "src/a.txt")).toBe("alpha, done\n");
  expect(readIn(place, "src/b.txt")).toBe("beta, by a person\n");
  expect(git(place, "status", "--porcelain")).toBe("");
}, 120_000);

test("a checkout that has become dirty keeps its changes, and the work waits on its own ref", async () => {
  const place = lay("waits_for_a_person");
  const run = startDgov(place, "run", ".dgov/plans/p");
  await until(place, "tool_called");
  writeIn(place.root, "src/a.txt", "alpha, edited by a person meanwhile\n");
  expect(await run.exited).toBe(0);
  const said = await new Response(run.stdout).text();
  expect(readIn(place, "src/a.txt")).toBe("alpha, edited by a person meanwhile\n");
  const behind = eventsOf(place).find((event) => event.kind === "checkout_behind");
  if (behind?.kind !== "checkout_behind") throw new Error("Nothing says that the checkout is behind");
  expect(said).toContain(behind.cure);
  git(place, "checkout", "--", "src/a.txt");
  const cure = Bun.spawnSync(["sh", "-c", behind.cure], { cwd: place.root, env: bareEnvironment(place.folder) });
  expect(cure.exitCode).toBe(0);
  expect(readIn(place, "src/a.txt")).toBe("alpha, done\n");
}, 120_000);

test("unrelated local changes do not hold up the checkout", async () => {
  const place = lay("waits_for_a_person");
  const run = startDgov(place, "run", ".dgov/plans/p");
  await until(place, "tool_called");
  writeIn(place.root, "src/b.txt", "beta, being edited\n");
  expect(await run.exited).toBe(0);
  expect(readIn(place, "src/a.txt")).toBe("alpha, done\n");
  expect(git(place, "status", "--porcelain")).toBe(" M src/b.txt\n");
}, 120_000);
