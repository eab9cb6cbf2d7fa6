import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // whole runs, on a machine that may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

test("E16 a plan's retrospective is of its last run alone, with the patch and the story of each task behind a word", () => {
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "first"), done]] } },
    { project: { test_cmd: "! grep -q first src/a.txt" }, tables: "[limits]\nsettlement_retries = 0\n" },
  );
  open.push(place);
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1);
  const before = reviewed(place);
  const script = join(place.root, ".dgov/plans/p/script.json");
  writeFileSync(script, readFileSync(script, "utf8").replaceAll("first", "second"));
  commitAll(place, "a better worker");
  expect(dgov(place, "run", ".dgov/plans/p", "--restart").status).toBe(0);

  const after = reviewed(place);
  expect(after.run).not.toBe(before.run);
  expect([before.units[0].rejections.length, after.units[0].rejections]).toEqual([1, []]);
  expect([after.units[0].full_diff, after.units[0].activity]).toEqual([null, []]); // not before somebody asks
  const deep = reviewed(place, "--diff", ID, "--events", ID).units[0];
  expect(deep.full_diff).toContain("+second");
  expect(deep.activity.map(({ text }: { text: string }) => text).join("\n")).not.toContain('"new_text":"first"');
  expect(deep.activity.length).toBeGreaterThan(3);
  const seqs = deep.activity.map(({ seq }: { seq: number }) => seq);
  const former = eventsOf(place).findIndex(({ kind }) => kind === "run_ended") + 1;
  expect(Math.min(...seqs)).toBeGreaterThan(former);

  const told = JSON.parse(dgov(place, "debrief", "--json", "--diff", ID, "--timeline", ID).stdout);
  expect([told.run, told.status, told.tasks]).toEqual([
    after.run,
    "complete",
    [{ task: ID, state: "landed", attempts: 1, setbacks: [] }],
  ]);
  expect(told.diff.patch).toContain("+second");
  expect(told.timeline.events.map(({ seq }: { seq: number }) => seq)).toEqual(seqs);
  expect(dgov(place, "debrief", "nobody").status).toBe(3);
  const text = dgov(place, "debrief", "p", "--diff", ID).stdout;
  for (const words of ["1 of 1 tasks landed at the first try", "+second"]) expect(text).toContain(words);
});

const ID = "tasks/main.a";
const reviewed = (place: Place, ...more: string[]) =>
  JSON.parse(dgov(place, "plan", "review", "p", "--json", ...more).stdout);
