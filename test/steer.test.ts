import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../packages/kernel/src/index.ts";
import { dgov, eventsOf, git, type Place, readIn, startDgov } from "./repo.ts";
import { bash, done, edit, hanging, layTasks, newMark, processesWith, untilRunning } from "./scripted.ts";

setDefaultTimeout(180_000); // each starts the program several times, on whatever else the machine does
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const lay = (...how: Parameters<typeof layTasks>): Place => {
  const place = layTasks(...how);
  open.push(place);
  return place;
};
const RUN = ["run", ".dgov/plans/p", "--jobs", "2"] as const;
const B = { claims: 'files.edit = ["src/b.txt"]', attempts: [[edit("src/b.txt", "beta", "gamma"), done]] };
const after = (slug: string) => `depends_on = ["${slug}"]\nfiles.edit = ["src/a.txt"]`;
const APPROVED = 'approval = true\nfiles.edit = ["src/a.txt"]';

/** Waits until the log says so, and fails after two minutes. */
async function until(place: Place, fits: (event: Event) => boolean): Promise<void> {
  for (let tries = 0; tries < 2_400; tries++) {
    if (eventsOf(place).some(fits)) return;
    await Bun.sleep(50);
  }
  throw new Error("It did not come to it within two minutes");
}

const steered = (place: Place, ...args: string[]) => {
  const { status, stdout, stderr } = dgov(place, ...args, "--json");
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
};
const left = (place: Place): string[] => readdirSync(join(place.root, ".dgov/runtime/requests"));
/** The log holds what it should, and nothing of it was decided otherwise than the kernel would. */
function expectSound(place: Place): void {
  expect(dgov(place, "log", "verify").status).toBe(0);
  expect(dgov(place, "replay", JSON.parse(dgov(place, "status", "--json").stdout).run.run).status).toBe(0);
}

test("F6 a task that is cancelled ends with all its processes, its work is kept, and the rest goes on", async () => {
  const mark = newMark();
  const place = lay({
    a: { attempts: [[edit("src/a.txt", "alpha", "begun"), bash(hanging(mark)), done]] },
    b: B,
    c: { claims: after("a"), attempts: [[done]] },
  });
  const run = startDgov(place, ...RUN);
  await untilRunning(`sleep ${mark}4`);
  expect(steered(place, "cancel", "a", "--reason", "it is not needed")).toMatchObject({ taken: true, state: "failed" });
  expect(await run.exited).toBe(1);
  expect(processesWith(mark)).toEqual([]);
  const events = eventsOf(place);
  const failed = events.find((event) => event.kind === "attempt_failed");
  if (failed?.kind !== "attempt_failed" || failed.kept === null) throw new Error("Its work was not kept");
  expect(failed).toMatchObject({ cause: "cancelled", detail: expect.stringContaining("it is not needed") });
  expect(git(place, "show", `${failed.kept}:src/a.txt`)).toBe("begun\n");
  expect(events).toContainEqual(expect.objectContaining({ kind: "task_skipped", task: "tasks/main.c" }));
  expect(readIn(place, "src/b.txt")).toBe("gamma\n");
  expect(left(place)).toEqual([]);
  expectSound(place);
  const over = dgov(place, "retry", "a");
  expect({ status: over.status, said: over.stderr }).toMatchObject({ status: 1 });
  expect(over.stderr).toContain("dgov run .dgov/plans/p --continue");
});

test("what waits is skipped and taken up again while another is at work; the whole run is stopped as by Ctrl-C", async () => {
  const mark = newMark();
  const place = lay({
    a: { attempts: [[bash(hanging(mark)), done]] },
    b: { ...B, claims: `${B.claims}\ndepends_on = ["a"]` },
    c: { claims: after("b"), attempts: [[done]] },
  });
  const run = startDgov(place, ...RUN);
  await untilRunning(`sleep ${mark}4`);
  expect(dgov(place, "skip", "a").stderr).toContain('Cannot skip "tasks/main.a": it is active');
  expect(steered(place, "skip", "b")).toMatchObject({ taken: true, state: "skipped" });
  await until(place, (event) => event.kind === "task_skipped" && event.task === "tasks/main.c");
  expect(steered(place, "retry", "b")).toMatchObject({ taken: true, state: "waiting" });
  const again = eventsOf(place).filter((event) => event.kind === "task_retried");
  expect(again).toMatchObject([{ task: "tasks/main.b" }, { task: "tasks/main.c", by: "user" }]);
  expect(steered(place, "cancel", "--reason", "home")).toMatchObject({ task: null, taken: true });
  expect(await run.exited).toBe(130);
  expect(processesWith(mark)).toEqual([]);
  expect(eventsOf(place).at(-1)).toMatchObject({ kind: "run_interrupted", signal: expect.stringContaining("home") });
  expect(dgov(place, "cancel").stderr).toContain("Cannot cancel the run");
  expectSound(place);
});

test("F6 work that a person must approve does not land before, is tried again with their no, and lands with their yes", async () => {
  const work = (word: string) => [edit("src/a.txt", "alpha", word), done];
  const again = [edit("src/a.txt", "first", "second"), done];
  const place = lay({ a: { claims: APPROVED, attempts: [work("first"), again] }, b: B });
  const run = startDgov(place, ...RUN);
  const ready = (attempt: number) => (event: Event) =>
    event.kind === "candidate_passed" && event.task === "tasks/main.a" && event.attempt === attempt;
  await until(place, ready(1));
  await until(place, (event) => event.kind === "task_landed" && event.task === "tasks/main.b"); // it holds up nobody
  const { task_list } = JSON.parse(dgov(place, "status", "--json").stdout);
  expect(task_list).toMatchObject([{ slug: "tasks/main.a", phase: "waits for approval" }]);
  expect(readIn(place, "src/a.txt")).toBe("alpha\n");
  expect(steered(place, "reject", "a", "--reason", "say second")).toMatchObject({ taken: true });
  await until(place, ready(2));
  expect(steered(place, "approve", "a")).toMatchObject({ taken: true });
  expect(await run.exited).toBe(0);
  expect(readIn(place, "src/a.txt")).toBe("second\n");
  const rejected = eventsOf(place).find((event) => event.kind === "candidate_rejected");
  expect(rejected).toMatchObject({ gate: "approval", findings: [{ code: "approval_refused", message: "say second" }] });
  expectSound(place);
});

test("a run stops when nobody approves in time, and goes on with an approval that was given meanwhile", () => {
  const place = lay(
    {
      a: { claims: APPROVED.replace("approval = true\n", ""), attempts: [[edit("src/a.txt", "alpha", "omega"), done]] },
    },
    { tables: "[settlement]\napproval = true\napproval_wait = 0\n" },
  );
  const stopped = dgov(place, ...RUN);
  expect(stopped.status).toBe(130);
  expect(stopped.stdout).toContain("dgov approve TASK, and then dgov run .dgov/plans/p");
  expect(readIn(place, "src/a.txt")).toBe("alpha\n");
  expect(dgov(place, "cancel", "ghost").stderr).toContain("the last run has no such task");
  expect(dgov(place, "cancel").stderr).toContain("Cannot cancel the run: the run is not under way");
  expect(steered(place, "approve", "tasks/main.a")).toMatchObject({ taken: false, state: "ready", process: "gone" });
  expect(dgov(place, ...RUN).status).toBe(0);
  expect(readIn(place, "src/a.txt")).toBe("omega\n");
  expect(left(place)).toEqual([]);
  const none = dgov(place, "approve", "a");
  expect({ status: none.status, said: none.stderr }).toMatchObject({ status: 1 });
  expectSound(place);
});

test.each([
  ["approval_answered", "approve", "a", 0, "omega\n"],
  ["task_cancelled", "cancel", "b", 1, "omega\n"],
] as const)("C14 killed at %s, a run has heard it once, and goes on from there", (kind, word, slug, status, text) => {
  const place = lay(
    {
      a: { claims: APPROVED, attempts: [[edit("src/a.txt", "alpha", "omega"), done]] },
      ...(slug === "b" ? { b: { ...B, claims: `${B.claims}\ndepends_on = ["a"]` } } : {}),
    },
    { tables: "[settlement]\napproval_wait = 0\n" },
  );
  expect(dgov(place, ...RUN).status).toBe(130);
  expect(steered(place, word, slug)).toMatchObject({ taken: false });
  if (slug !== "a") expect(steered(place, "approve", "a")).toMatchObject({ taken: false });
  const argv = [process.execPath, join(import.meta.dir, "crash_main.ts"), kind, ".dgov/plans/p"];
  const killed = Bun.spawnSync(argv, { cwd: place.root, env: place.env, stdin: "ignore" });
  expect(killed.signalCode).toBe("SIGKILL");
  expect(eventsOf(place).at(-1)?.kind).toBe(kind);
  expect(dgov(place, ...RUN)).toMatchObject({ status });
  expect(readIn(place, "src/a.txt")).toBe(text);
  const count = (one: Event["kind"]) => eventsOf(place).filter((event) => event.kind === one).length;
  expect([count(kind), count("task_landed")]).toEqual([1, 1]);
  expect(left(place)).toEqual([]);
  expectSound(place);
});
