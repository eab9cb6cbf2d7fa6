import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { commitAll, dgov, eventsOf, type Place, readIn, writeIn } from "./repo.ts";
import { done, edit, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const PRICES = '[prices."scripted/scripted"]\ninput = 2\ncached_input = 1\noutput = 10\n';
const usage = { input: 1_000, cached: 0, output: 100 };

/** Two tasks of which only `a` is done well; the worker of `b` says twice at once that it is done. */
function lay(): Place {
  const turns = (call: object) => [
    { calls: [call], usage },
    { calls: [done], usage },
  ];
  const script = {
    version: 1,
    tasks: {
      "tasks/main.a": { turns: turns(edit("src/a.txt", "alpha", "omega")) },
      "tasks/main.b": { attempts: [{ turns: turns(done) }, { turns: turns(done) }] },
    },
  };
  const files = { ".dgov/plans/p/script.json": JSON.stringify(script) };
  const b = { claims: 'files.create = ["src/n.txt"]', attempts: [] };
  const place = layTasks({ a: { attempts: [] }, b }, { files, tables: `${PRICES}[budget]\nmoney = 3\n` });
  open.push(place);
  return place;
}

const asked = (place: Place, ...args: string[]) => {
  const { status, stdout } = dgov(place, "run", "p", "--estimate", "--json", ...args);
  return { status, view: JSON.parse(stdout) };
};

test("run --estimate says what is to be done and what it is likely to cost, and does nothing", () => {
  const place = lay();
  expect(asked(place)).toMatchObject({
    status: 0,
    view: { did: "planned", estimate: { cost_micros: null, unknown: ["tasks/main.a", "tasks/main.b"] } },
  });
  expect(eventsOf(place)).toEqual([]);
  expect(dgov(place, "run", "p").status).toBe(1);
  const events = eventsOf(place).length;
  writeIn(
    place.root,
    ".dgov/plans/p/script.json",
    JSON.stringify({
      version: 1,
      tasks: {},
      default: { turns: [{ calls: [write("src/n.txt", "n")] }, { calls: [done] }] },
    }),
  );
  commitAll(place, "a better script");
  const { view } = asked(place, "--continue");
  expect(view.estimate.tasks.map(({ task, like }: Record<string, string>) => [task, like])).toEqual([
    ["tasks/main.b", "task"],
  ]);
  // The calls of its two attempts, as it has used them: 2000 at 2 and 200 at 10 a million.
  expect(view.estimate.cost_micros).toBe(4_000 + 2_000);
  expect(dgov(place, "run", "p", "--estimate", "--restart").stdout).toContain(
    "The run may cost 3.00 USD at the most\n",
  );
  expect(eventsOf(place)).toHaveLength(events);
});

test("run --estimate says that a ceiling is likely to be come to, and only then", () => {
  const place = lay();
  expect(dgov(place, "run", "p").status).toBe(1);
  const said = (money: string) => {
    const project = ".dgov/project.toml";
    writeIn(place.root, project, readIn(place, project).replace(/money = .*/, `money = ${money}`));
    commitAll(place, money);
    return dgov(place, "run", "p", "--estimate", "--continue").stdout.includes("likely to end before all is done");
  };
  expect([said("0.006"), said("0.005999")]).toEqual([false, true]);
});

test("what has landed may have made files that its plan creates: that is no mistake", () => {
  const place = layTasks({
    a: { claims: 'files.create = ["src/n.txt"]', attempts: [[write("src/n.txt", "n\n"), done]] },
    b: { attempts: [[done], [done]] },
  });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(1);
  expect(asked(place, "--continue").view.estimate.tasks).toMatchObject([{ task: "tasks/main.b" }]);
  expect(JSON.parse(dgov(place, "cost", "--plan", "p", "--json").stdout).estimate.tasks).toHaveLength(2);
});

test("run --estimate of a plan that is done has nothing to estimate", () => {
  const place = layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(asked(place)).toMatchObject({ status: 0, view: { did: "nothing", estimate: null, status: "complete" } });
  expect(dgov(place, "run", "p", "--dry-run").stdout).toBe('Nothing to do: the task of "p" has landed on main\n');
});
