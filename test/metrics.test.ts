import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dgov, makeRepository, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000);

const SCHEMA = join(import.meta.dir, "../docs/metrics.schema.json");
let place: Place;

beforeAll(() => {
  const mends = [edit("src/a.txt", "alpha", "ALPHA"), done];
  place = layTasks({
    first: {
      attempts: [[edit("src/b.txt", "beta", "BETA"), done]],
      claims: 'files.edit = ["src/b.txt"]\nestimate = { lines = 9, minutes = 3, difficulty = "easy" }',
    },
    again: { attempts: [[done], mends] },
    never: { attempts: [[done], [done]], claims: 'files.create = ["src/n.txt"]' },
    after: { attempts: [[done]], claims: 'files.create = ["src/m.txt"]\ndepends_on = ["never"]' },
  });
  const { status, stdout, stderr } = dgov(place, "run", "p");
  if (status !== 1) throw new Error(`The run ended with ${status}: ${stdout}${stderr}`);
});
afterAll(() => place.stop());

const Counts = z.record(z.string(), z.number().nullable());
const Line = z.looseObject({
  kind: z.string(),
  task: z.string().optional(),
  state: z.string().optional(),
  tier: z.number().optional(),
  rates: Counts.optional(),
  tasks: z.record(z.string(), z.number()).optional(),
  attempts: z.record(z.string(), z.number()),
  calls: Counts,
  tools: z.record(z.string(), z.number()),
});

const textOf = (...args: string[]) => dgov(place, "metrics", ...args).stdout;
const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)));

test("H3 the published schema is the program's own, and holds what it must", () => {
  expect(textOf("--schema")).toBe(readFileSync(SCHEMA, "utf8"));
  const schema = z.fromJSONSchema(JSON.parse(readFileSync(SCHEMA, "utf8")));
  const found = lines(textOf());
  expect(found.map(({ kind, task }) => task ?? kind)).toEqual([
    ...["first", "again", "never", "after"].map((slug) => `tasks/main.${slug}`),
    "run",
  ]);
  for (const line of found) {
    expect(schema.safeParse(line).error).toBeUndefined();
    expect(schema.safeParse({ ...line, attempts: { ...line.attempts, begun: 1.5 } }).success).toBe(false);
    expect(schema.safeParse({ ...line, state: "merged", status: "merged" }).success).toBe(false);
    const { calls: _, ...less } = line;
    expect(schema.safeParse(less).success).toBe(false);
  }
});

test("H3 sums and rates of the run follow from the lines of its tasks", () => {
  const found = lines(textOf());
  const run = found.at(-1)!;
  const tasks = found.slice(0, -1);
  const sum = (of: (line: z.infer<typeof Line>) => number | null | undefined) =>
    tasks.reduce((all, line) => all + (of(line) ?? 0), 0);
  for (const key of ["begun", "judged", "rejected"]) expect(run.attempts[key]).toBe(sum((line) => line.attempts[key]));
  for (const key of ["calls", "failed", "refused"]) expect(run.tools[key]).toBe(sum((line) => line.tools[key]));
  for (const key of Object.keys(run.calls))
    if (key !== "cost_micros") expect(run.calls[key]).toBe(sum((line) => line.calls[key]));
  const landed = tasks.filter(({ state }) => state === "landed");
  expect(run.tasks).toEqual({
    ...{ total: 4, carried: 0, landed: 2, first_try: 1, escalated: 0 },
    ...{ failed: 1, skipped: 1, pending: 0 },
  });
  expect(run.rates).toEqual({
    landed: landed.length / tasks.length,
    first_try: landed.filter(({ attempts }) => attempts.begun === 1).length / landed.length,
    escalated: tasks.filter(({ tier }) => (tier ?? 0) > 0).length / tasks.length,
    rejected: sum(({ attempts }) => attempts.rejected) / sum(({ attempts }) => attempts.judged),
    tools_refused: sum(({ tools }) => tools.refused) / sum(({ tools }) => tools.calls),
    tokens_cached: null, // of no tokens: nobody was paid
  });
  expect(run.rates?.rejected).toBe(3 / 5);
  const cost = JSON.parse(dgov(place, "cost", "--json").stdout);
  expect(run.calls).toEqual(cost.cost.total);
});

test("H3 the same run gives the same lines, also by its id and among all; as one document with --json", () => {
  const text = textOf();
  const { run } = lines(text)[0]!;
  expect([textOf(String(run)), textOf("--all")]).toEqual([text, text]);
  expect(JSON.parse(textOf("--json"))).toEqual({ lines: lines(text) });
});

test("H3 what is no run is refused, and where nothing was run there is no line", () => {
  const refused = (...args: string[]) => dgov(place, "metrics", ...args).status;
  expect([refused("r1999"), refused("r2026", "--all")]).toEqual([3, 2]);
  const empty = makeRepository({ "a.txt": "1\n" });
  try {
    expect(dgov(empty, "metrics")).toEqual({ status: 0, stdout: "", stderr: "" });
  } finally {
    empty.stop();
  }
});

test("B28 what the author reckoned stands beside what the task came to, and nothing beside what nobody reckoned", () => {
  const [first, again] = textOf()
    .split("\n")
    .map((line) => JSON.parse(line || "{}"));
  expect(first).toMatchObject({ estimate: { lines: 9, minutes: 3, difficulty: "easy" }, lines: 2 });
  expect(first.time.wall_ms).toBeGreaterThan(0);
  expect(again).toMatchObject({ estimate: null, lines: null });
});
