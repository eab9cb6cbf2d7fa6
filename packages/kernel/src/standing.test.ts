import { describe, expect, test } from "bun:test";
import { TaskId } from "./plan.ts";
import type { RecordOf } from "./records.ts";
import { digestOf, foldStages, type Redness, type StageSaid } from "./stages.ts";
import { type Facts, standingOf } from "./standing.ts";

const sha = (letter: string) => letter.repeat(64);
const oid = "1".repeat(40);
const [one, two] = [TaskId.parse("core/main.one"), TaskId.parse("core/main.two")];
const frozenOne = { task: one, path: "tests/test_a.py", sha256: sha("a") };
const frozenTwo = { task: two, path: "tests/test_b.py", sha256: sha("b") };
const both = [frozenOne, frozenTwo];
const person = { by: "person", name: "Ada" } as const;

const spec_approved: StageSaid = { kind: "spec_approved", spec: sha("5"), ...person };
const frozen = (tests = both): StageSaid => ({ kind: "tests_frozen", commit: oid, tests, written: [], pruned: [] });
const red = (task: TaskId, is: Redness = "red", unit = "u"): StageSaid => ({
  ...{ kind: "red_checked", task, unit, commit: oid, is, code: is, failed: 1, passed: 0 },
  tests: digestOf(both.filter((test) => test.task === task)),
});
const plan_approved: StageSaid = {
  ...{ kind: "plan_approved", spec: sha("5"), plan: "p", tests: digestOf(both) },
  ...person,
};
const whole = [spec_approved, frozen(), red(one), red(two), plan_approved];

const facts: Facts = {
  spec: sha("5"),
  plan: {
    hash: "p",
    tasks: [
      { id: one, unit: "u", tests: ["tests/test_a.py"] },
      { id: two, unit: "u", tests: ["tests/test_b.py"] },
    ],
  },
  tests: new Map(both.map(({ path, sha256 }) => [path, sha256])),
  landed: new Set(),
  moved: () => false,
};
const stagesOf = (said: readonly StageSaid[]) =>
  foldStages(said.map((one, at): RecordOf<StageSaid> => ({ id: `${at}`, at_ms: at, after: [], said: one })));
const standing = (said: readonly StageSaid[], now: Partial<Facts> = {}) => {
  const { next, why, tasks } = standingOf(stagesOf(said), { ...facts, ...now });
  return [next, why, ...tasks.map((id) => id.slice(-3))].join(" ");
};
const planWith = (part: Partial<NonNullable<Facts["plan"]>>) => ({ plan: { ...facts.plan!, ...part } });

test("what comes next is the first stage that does not hold", () => {
  expect(standing([], { spec: null })).toBe("spec absent");
  expect(whole.map((_, many) => standing(whole.slice(0, many)))).toEqual([
    "approve_spec absent",
    "tests absent one two",
    "red absent one two",
    "red absent two",
    "approve_plan absent",
  ]);
  expect(standing([spec_approved], { plan: null })).toBe("plan invalid");
  expect(standing(whole)).toBe("run ");
});

describe("B7 editing the spec after approval invalidates the approval, by its hash", () => {
  test("one byte of it is another spec; the very text again is the approved one", () => {
    expect(standing(whole, { spec: sha("6") })).toBe("approve_spec changed");
    expect(standing(whole)).toBe("run ");
  });

  test("a spec that is approved anew takes the plan's approval along, which was for the old one", () => {
    const anew: StageSaid = { kind: "spec_approved", spec: sha("6"), ...person };
    expect(standing([...whole, anew], { spec: sha("6") })).toBe("approve_plan changed");
    expect(standing([...whole, anew])).toBe("approve_spec changed");
  });
});

test.each<[what: string, expected: string, now: Partial<Facts>]>([
  ["a byte of a test", "tests changed one", { tests: new Map([...facts.tests, ["tests/test_a.py", sha("c")]]) }],
  ["a test that is gone", "tests changed two", { tests: new Map([...facts.tests, ["tests/test_b.py", null]]) }],
  ["a test nobody has looked for", "tests changed one two", { tests: new Map() }],
  [
    "one declared beside those that are frozen",
    "tests changed one",
    planWith({
      tasks: [{ ...facts.plan!.tasks[0]!, tests: ["tests/test_a.py", "tests/test_c.py"] }, facts.plan!.tasks[1]!],
    }),
  ],
  ["one frozen that nobody declares any more", "tests changed", planWith({ tasks: [facts.plan!.tasks[0]!] })],
  [
    "the unit",
    "red changed one",
    planWith({ tasks: [{ ...facts.plan!.tasks[0]!, unit: "v" }, facts.plan!.tasks[1]!] }),
  ],
  ["the sources", "red changed one two", { moved: () => true }],
  ["the sources, and one has landed", "red changed two", { moved: () => true, landed: new Set([one]) }],
  ["the plan", "approve_plan changed", planWith({ hash: "q" })],
])("what was approved is no more, when this has changed: %s", (_, expected, now) => {
  expect(standing(whole, now)).toBe(expected);
});

test.each<Redness>(["green", "wrong", "unknown"])(
  "B11 tests that are %s are not red, and nothing comes after",
  (is) => {
    expect(standing([spec_approved, frozen(), red(one, is), red(two), plan_approved])).toBe(`red ${is} one`);
    expect(standing([spec_approved, frozen(), red(one, is), red(one), red(two), plan_approved])).toBe("run ");
  },
);

test("files of the author of tests are known until they are pruned; its last word of one counts", () => {
  const writes = (path: string, letter: string, pruned: string[] = []): StageSaid => ({
    ...{ kind: "tests_frozen", commit: oid, tests: both, pruned },
    written: [{ path, sha256: sha(letter) }],
  });
  const { written } = stagesOf([writes("a", "1"), writes("b", "2"), writes("a", "3", ["b"])]);
  expect([...written]).toEqual([["a", sha("3")]]);
});
