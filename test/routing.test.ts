import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { commitAll, dgov, eventsOf, type Place, readIn, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const TABLES = `
[prices."scripted/small"]
input = 1
output = 2
[prices."scripted/large"]
input = 10
output = 20
[[routing.rules]]
name = "hard"
tags = ["hard"]
candidates = ["scripted/large"]
[[routing.rules]]
name = "texts"
extensions = [".txt"]
candidates = ["scripted/large", "scripted/unknown", "scripted/small"]
[[tiers.escalation]]
agent = "strong"
`;

/** `a` goes by the file's ending and is refused twice, `b` by its tag, `c` says itself who does it. */
function lay(): Place {
  const bad = [edit("src/a.txt", "alpha", "bad"), done];
  const place = layTasks(
    {
      a: { attempts: [bad, [done], [edit("src/a.txt", "bad", "good"), done]] },
      b: {
        claims: 'files.edit = ["src/b.txt"]\ntags = ["hard"]',
        attempts: [[edit("src/b.txt", "beta", "fine"), done]],
      },
      c: {
        claims: 'files.edit = ["src/c.txt"]\nagent = "mine"',
        attempts: [[edit("src/c.txt", "gamma", "fine"), done]],
      },
    },
    {
      project: { lint_cmd: "! grep -q bad src/a.txt", default_agent: "cheap" },
      tables: `[limits]\nsettlement_retries = 1\n${TABLES}`,
      files: { "src/c.txt": "gamma\n" },
    },
  );
  open.push(place);
  return place;
}

test("H6 a run gives each task to whom the table says, records why, and climbs the ladder from there", () => {
  const place = lay();
  const ran = dgov(place, "run", "p");
  expect(ran).toMatchObject({ status: 0 });
  const events = eventsOf(place);
  const agents = events.flatMap((event) =>
    event.kind === "task_dispatched" ? [`${event.task.split(".")[1]} ${event.attempt} ${event.agent}`] : [],
  );
  expect(agents.sort()).toEqual(["a 1 small", "a 2 small", "a 3 strong", "b 1 large", "c 1 mine"]);
  const routed = events.filter((event): event is EventOf<"task_routed"> => event.kind === "task_routed");
  expect(routed.map(({ task, attempt, rule, why }) => [task, attempt, rule, why]).sort()).toEqual([
    ["tasks/main.a", 1, "texts", "cheapest"],
    ["tasks/main.a", 2, "texts", "cheapest"],
    ["tasks/main.b", 1, "hard", "only"],
  ]);
  expect(routed.find(({ rule }) => rule === "texts")?.candidates).toEqual([
    { model: "scripted/large", cost_micros: 2_200_000 },
    { model: "scripted/unknown", cost_micros: null },
    { model: "scripted/small", cost_micros: 220_000 },
  ]);
  const replay = dgov(place, "replay", "r");
  expect(replay).toMatchObject({ status: 0 });
  expect(replay.stdout).toContain("3  routes chosen");
});

test("H6 route explain says the same before the run, in words and as data, and the estimate goes by it", () => {
  const place = lay();
  const { stdout, status } = dgov(place, "route", "explain", "p");
  expect(status).toBe(0);
  expect(stdout).toContain("tasks/main.a  worker:txt  →  scripted/small, then scripted/strong");
  expect(stdout).toContain('rule "texts": the least price of 3');
  expect(stdout).toContain("scripted/unknown  unpriced");
  expect(stdout).toContain("the task says so itself");
  const view = JSON.parse(dgov(place, "route", "explain", "p", "--json").stdout);
  expect(view.tasks.map((task: Record<string, unknown>) => [task.model, task.by, task.rule])).toEqual([
    ["scripted/small", "rule", "texts"],
    ["scripted/large", "rule", "hard"],
    ["scripted/mine", "task", null],
  ]);
  const { estimate } = JSON.parse(dgov(place, "cost", "--plan", "p", "--json").stdout);
  expect(estimate.tasks.map(({ model }: { model: string }) => model)).toEqual(
    view.tasks.map(({ model }: { model: string }) => model),
  );
  expect(eventsOf(place)).toEqual([]);
});

test("H6 a tag is no part of a task: who gives it another does no work again", () => {
  const place = lay();
  expect(dgov(place, "run", "p").status).toBe(0);
  const file = ".dgov/plans/p/tasks/main.toml";
  writeIn(place.root, file, readIn(place, file).replace('tags = ["hard"]', 'tags = ["easy"]'));
  commitAll(place, "another tag");
  expect(dgov(place, "run", "p").stdout).toStartWith("Nothing to do: all 3 tasks");
});

test("H6 a rule that names nobody is refused before anything is begun", () => {
  const place = lay();
  const file = ".dgov/project.toml";
  writeIn(place.root, file, readIn(place, file).replace('["scripted/large"]', '["scriptd/large"]'));
  commitAll(place, "a slip of the pen");
  const ran = dgov(place, "run", "p");
  expect(ran.status).toBe(3);
  expect(ran.stderr).toContain("provider_unknown");
  expect(ran.stderr).toMatch(/project\.toml:\d+:\d+/);
  expect(eventsOf(place)).toEqual([]);
});
