import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { renderDoctor } from "../packages/cli/src/commands/doctor.ts";
import { commitAll, dgov, type Place, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000);

const places: Place[] = [];
afterEach(() => {
  for (const place of places.splice(0)) place.stop();
});

const WARNED = 'There is no such program, so that nothing can land: "no-such-linter" (lint_cmd)';

test.each([
  ["no-such-linter {file}", "", true],
  ["true {file}", "", false],
  ["no-such-linter {file}", "true", false], // setup may bring it
])("a run says before its first attempt that %p is not here (setup %p)", (lint_cmd, setup_cmd, warned) => {
  const project = { lint_cmd, ...(setup_cmd === "" ? {} : { setup_cmd }) };
  const place = layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "gamma"), done]] } }, { project });
  places.push(place);
  expect(dgov(place, "run", "p").stderr.includes(WARNED)).toBe(warned);
});

test.each([
  ["api/test_a.py", true],
  ["tests/test_a.py", false],
  ["api/a.py", false],
])("a run says that no test of the project is run, where test_dir is not there: %s", (path, warned) => {
  const project = { test_cmd: "true {test_dir}" };
  const place = layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "gamma"), done]] } }, { project });
  places.push(place);
  writeIn(place.root, path, "");
  commitAll(place, "a test");
  const { stderr } = dgov(place, "run", "p");
  expect(stderr.includes(`No test of the project is run: test_dir is "tests", which is not there, and "${path}"`)).toBe(
    warned,
  );
});

test("doctor does not say that all is well where no provider is chosen", () => {
  const provider = { name: "provider", detail: "none", code: null, cure: "Choose one", command: null };
  const said = (state: "ok" | "note") =>
    renderDoctor({ healthy: true, passed: true, fixed: [], checks: [{ ...provider, state }] })
      .split("\n")
      .at(-1);
  expect([said("ok"), said("note")]).toEqual([
    "All is well: a run can start here",
    "A run can start here once a provider is chosen",
  ]);
});
