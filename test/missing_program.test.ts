import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { renderDoctor } from "../packages/cli/src/commands/doctor.ts";
import { dgov, type Place } from "./repo.ts";
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
