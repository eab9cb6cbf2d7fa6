import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, type Place, readIn } from "./repo.ts";
import { layReviewed, seatOf, votes } from "./reviewed.ts";

setDefaultTimeout(180_000); // each starts the program several times, on whatever else the machine does
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const PLAN = ".dgov/plans/p";
function lay(tables: string, claims?: string): Place {
  const place = layReviewed(tables, claims);
  open.push(place);
  return place;
}

const json = (place: Place, ...args: string[]) => {
  const { status, stdout, stderr } = dgov(place, ...args, "--json");
  return { status, stderr, view: JSON.parse(stdout) };
};
const answered = (place: Place) => eventsOf(place).filter((event) => event.kind === "finding_answered");
const left = (place: Place): string[] => readdirSync(join(place.root, ".dgov/runtime/requests"));

test("E9 a plan that failed on a finding: a person dismisses it, the next run hears it once, also after a kill, and lands", () => {
  const place = lay("");
  place.env.USER = "ann";
  expect(dgov(place, "findings")).toMatchObject({ status: 3 });
  expect(dgov(place, "run", PLAN).status).toBe(1);
  const one = { task: "tasks/main.a", finding: "oak-1", seat: "oak", attempt: 1, path: "src/a.txt", line: 1 };
  const held = json(place, "findings");
  expect(held).toMatchObject({ status: 0, view: { over: true, findings: [{ ...one, said: null }] } });
  expect(dgov(place, "findings", "a").stdout).toContain("oak-1 of tasks/main.a, attempt 1\n    src/a.txt:1: nobody");

  const unknown = json(place, "answer", "a", "oak-2", "--reason", "no");
  expect(unknown).toMatchObject({ status: 3, view: { error: { code: "finding_unknown" } } });
  expect(unknown.view.error.message).toContain("it must be oak-1");
  expect(dgov(place, "dismiss", "a", "oak-1").status).toBe(2);
  expect(dgov(place, "dismiss", "a", "oak-1", "--reason", " ").status).toBe(2);
  const said = dgov(place, "dismiss", "a", "oak-1", "--reason", "I have asked for it");
  expect(said).toMatchObject({ status: 0 });
  expect(said.stdout).toContain(`"dgov run ${PLAN} --continue" takes it up`);
  expect([answered(place), left(place).length]).toEqual([[], 1]); // the governor alone writes the log
  const word = { does: "dismiss", by: "ann", reason: "I have asked for it", taken: false };
  expect(json(place, "findings").view.findings).toMatchObject([{ ...one, said: word }]);
  expect(dgov(place, "findings").stdout).toContain("dismissed by ann, not heard yet: I have asked for it");

  const argv = [process.execPath, join(import.meta.dir, "crash_main.ts"), "finding_answered", PLAN, "continue"];
  const killed = Bun.spawnSync(argv, { cwd: place.root, env: place.env, stdin: "ignore" });
  expect(killed.signalCode).toBe("SIGKILL");
  expect(eventsOf(place).at(-1)).toMatchObject({ kind: "finding_answered", by: "ann", reason: "I have asked for it" });
  expect(dgov(place, "run", PLAN)).toMatchObject({ status: 0 });
  expect(readIn(place, "src/a.txt")).toBe("omega\n");
  expect([answered(place).length, left(place)]).toEqual([1, []]);
  const { run } = json(place, "status").view;
  expect(dgov(place, "replay", run.run)).toMatchObject({ status: 0 });
  expect(json(place, "findings").view.findings).toEqual([]);
  expect(dgov(place, "debrief").stdout).toContain("ann of tasks/main.a: dismiss oak-1: I have asked for it");
});

test("E9 who is asked to approve sees what one seat has against it, answers it, and both stand in the log beside the dissent", () => {
  const elm = seatOf("elm", votes("approve"));
  const place = lay(`[settlement]\napproval_wait = 0\n[review]\napprovals = 1\n${elm}`, "approval = true\n");
  expect(dgov(place, "run", PLAN).status).toBe(130);
  expect(json(place, "findings").view).toMatchObject({ over: false, findings: [{ finding: "oak-1" }] });
  const said = json(place, "answer", "a", "oak-1", "--reason", "see the issue");
  expect(said).toMatchObject({ status: 0, view: { word: "answer", taken: false, state: "ready", over: false } });
  expect(dgov(place, "approve", "a").status).toBe(0);
  expect(dgov(place, "run", PLAN)).toMatchObject({ status: 0 });
  expect(answered(place)).toMatchObject([{ does: "answer", finding: "oak-1", attempt: 1 }]);
  const kinds = eventsOf(place).map(({ kind }) => kind);
  expect(kinds.indexOf("finding_answered")).toBeLessThan(kinds.indexOf("approval_answered"));
  expect(dgov(place, "answer", "a", "oak-1", "--reason", "late")).toMatchObject({ status: 1 });
  expect(left(place)).toEqual([]);
});
