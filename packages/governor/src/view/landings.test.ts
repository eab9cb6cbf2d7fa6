import { expect, test } from "bun:test";
import { landedIn, latestLandings } from "./landings.ts";
import { BEGIN_MS, ONE, oid, PARTIAL, started, stored, THREE, TWO } from "./testing/sample_run.ts";

const TASKS = [ONE, TWO, THREE].map((id) => ({ id: String(id), unit: String(id) }));
const carried = started({
  tasks: [{ id: TWO, after: [], role: "worker", unit: TWO, carried: oid("9") }],
});

test("what has landed in one run", () => {
  expect(Object.fromEntries(landedIn(stored(PARTIAL)).landed)).toEqual({
    [ONE]: { commit: oid("d"), at_ms: BEGIN_MS + 12_000 },
  });
  expect(Object.fromEntries(landedIn(stored([carried])).landed)).toEqual({
    [TWO]: { commit: oid("9"), at_ms: BEGIN_MS },
  });
});

test.each<[name: string, runs: Parameters<typeof landedIn>[0][], tasks: typeof TASKS, landed: string[]]>([
  ["nothing was run", [], TASKS, []],
  ["one run", [stored(PARTIAL)], TASKS, [ONE]],
  ["a later run had another task", [stored([carried]), stored(PARTIAL)], TASKS, [ONE, TWO]],
  ["a later run had the task and did not land it", [stored([started()]), stored(PARTIAL)], TASKS, []],
  ["the task was changed since", [stored(PARTIAL)], [{ id: ONE, unit: "other" }], []],
])("latest landings when %s", (_name, runs, tasks, landed) => {
  expect([...latestLandings(runs.map(landedIn), tasks).keys()].sort()).toEqual([...landed].sort());
});
