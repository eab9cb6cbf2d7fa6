import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, type Place, readIn, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // whole runs, on a machine that may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function lay(test_cmd: string): Place {
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } },
    { project: { test_cmd }, tables: "[limits]\nsettlement_retries = 0\n" },
  );
  open.push(place);
  return place;
}

const again = (place: Place, ...more: string[]) => {
  const { status, stdout } = dgov(place, "plan", "remediate", "p", "--json", ...more);
  return { status, ...JSON.parse(stdout) };
};

test("B27 a plan that fell gets another one, with all that is known of why, and that one compiles", () => {
  const place = lay("echo the wall; false");
  dgov(place, "compile", "p");
  expect(again(place)).toMatchObject({ status: 1, error: { code: "remediation_unneeded" } }); // it was never run
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1);
  const { status, stdout } = dgov(place, "plan", "remediate", "p");
  expect({ status, created: stdout.split("\n").slice(0, 3) }).toEqual({
    status: 0,
    created: ["_root.toml", "fix/_example.toml", "_context.md"].map(
      (name) => `Created .dgov/plans/p-remediation/${name}`,
    ),
  });
  const context = readIn(place, ".dgov/plans/p-remediation/_context.md");
  for (const fact of ["## tasks/main.a", "gate_failure (tasks/main.a)", "its last work is kept as ", "Do not "])
    expect(context).toContain(fact);
  const example = readIn(place, ".dgov/plans/p-remediation/fix/_example.toml");
  writeIn(place.root, ".dgov/plans/p-remediation/fix/main.toml", example);
  expect(dgov(place, "compile", "p-remediation").status).toBe(0);
  commitAll(place, "the plan for the rest");

  expect(again(place)).toMatchObject({ error: { code: "plan_exists" } }); // one is under way
  expect(again(place, "--name", "other")).toMatchObject({ name: "other", failed: ["tasks/main.a"] });
  expect(again(place, "--name", "../x")).toMatchObject({ status: 2 });
  expect(existsSync(join(place.root, ".dgov/x"))).toBe(false);
});

test("archived remediations keep their names", () => {
  const place = lay("false");
  for (const name of ["p-remediation", "p-remediation-2"])
    writeIn(place.root, `.dgov/plans/archive/${name}/_root.toml`, '[plan]\nname = "x"\nsummary = ""\nsections = []\n');
  commitAll(place, "archived plans");
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1);
  expect(again(place)).toMatchObject({ name: "p-remediation-3" });
});

test("where all of it has landed there is nothing to mend", () => {
  const place = lay("true");
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0);
  expect(again(place)).toMatchObject({ status: 1, error: { code: "remediation_unneeded" } });
  expect(existsSync(join(place.root, ".dgov/plans/p-remediation"))).toBe(false);
});
