import { expect, test } from "bun:test";
import { projectFrom } from "../config.ts";
import { critiqueOf, draftOf, type Known, type Planning } from "./draft.ts";
import { specOf } from "./spec.ts";

const project = projectFrom("/r", null, () => false);
const planning = { project, about: "x", above: "plans", model: null, tests_first: true } as unknown as Planning;
const known = (spec: Known["spec"]): Known => ({
  goal: "Greet",
  recon: { summary: "One text", findings: [], questions: [] },
  answered: [],
  spec,
});

test("B7 who plans and who looks at the plan are told the spec that was approved, word for word", () => {
  const approved = known({ name: "greet", text: "## Goal\n\nIt says hello, twice." });
  for (const { goal } of [draftOf(planning, approved), critiqueOf(planning, approved, {} as never)]) {
    expect(goal).toContain("It says hello, twice.");
    expect(goal).toContain('The spec of the plan "greet"');
  }
});

test("B7 who writes a spec is asked for no plan, and one with a blank is given back", async () => {
  const { goal, ending } = specOf(planning, known(null));
  expect(goal).not.toContain("emit_plan");
  expect(goal).toContain("Acceptance criteria");
  const said = await ending.faultOf({ name: "greet", summary: "Greet", spec: "## Goal\n\nHello.\n\n## Design\n" });
  expect(said).toMatchObject({ why: "malformed", said: expect.stringContaining("Assumptions, Design, Out of scope") });
});
