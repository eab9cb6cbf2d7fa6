import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { COVERAGE_BASELINE } from "../../baseline_files.ts";
import { type Asked, type Files, judgedBy, openCandidates } from "../testing/candidate.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const { lay, ask, clear } = openCandidates();
afterEach(clear);

/** A report of coverage.py, or a baseline, with these percentages. */
const report = (percents: Record<string, number>): string =>
  JSON.stringify({
    files: Object.fromEntries(
      Object.entries(percents).map(([path, at]) => [path, { summary: { percent_covered: at } }]),
    ),
  });

/** What its tests cover stands in a file of the tree, as if it had been measured. */
const COPY = { coverage: "cp report {output}" };
const before = (baseline: Record<string, number>, head = baseline): Files => ({
  [COVERAGE_BASELINE]: report(baseline),
  report: report(head),
  "a.py": "a = 1\n",
  "b.py": "b = 1\n",
});
const after = (percents: Record<string, number>): Files => ({ "a.py": "a = 2\n", report: report(percents) });

test.each<[string, Asked, string[]]>([
  [
    "more than the threshold is lost",
    { base: before({ "a.py": 95 }), work: after({ "a.py": 92.9 }), commands: COPY },
    ["coverage reject coverage_drop@a.py"],
  ],
  [
    "exactly the threshold is lost",
    { base: before({ "a.py": 95 }), work: after({ "a.py": 93 }), commands: COPY },
    ["coverage pass"],
  ],
  [
    "it is as it was, at a threshold of 0",
    {
      base: before({ "a.py": 66.66666666666667 }),
      work: after({ "a.py": 66.66666666666667 }),
      commands: COPY,
      coverage_threshold: 0,
    },
    ["coverage pass"],
  ],
  [
    "less, at a threshold of 0",
    { base: before({ "a.py": 95 }), work: after({ "a.py": 94.9 }), commands: COPY, coverage_threshold: 0 },
    ["coverage reject coverage_drop@a.py"],
  ],
  ["it is better", { base: before({ "a.py": 50 }), work: after({ "a.py": 100 }), commands: COPY }, ["coverage pass"]],
  [
    "a file that the change does not touch has lost its tests",
    { base: before({ "a.py": 95, "b.py": 80 }), work: after({ "a.py": 95, "b.py": 10 }), commands: COPY },
    ["coverage reject coverage_drop@b.py"],
  ],
  [
    "a file that the report lacks was not run",
    { base: before({ "a.py": 95, "b.py": 80 }), work: after({ "a.py": 95 }), commands: COPY },
    ["coverage reject coverage_drop@b.py"],
  ],
  [
    "GT-24 a covered file is deleted",
    { base: before({ "a.py": 95, "b.py": 80 }), work: { ...after({ "a.py": 95 }), "b.py": null }, commands: COPY },
    ["coverage pass"],
  ],
  [
    "a new file has no past",
    { base: before({ "a.py": 95 }), work: { ...after({ "a.py": 95, "c.py": 0 }), "c.py": "c = 1\n" }, commands: COPY },
    ["coverage pass"],
  ],
  [
    "a new name hides nothing",
    {
      base: before({ "a.py": 95, "b.py": 80 }),
      work: { ...after({ "a.py": 95, "c.py": 10 }), "b.py": null, "c.py": "b = 1\n" },
      commands: COPY,
    },
    ["coverage reject coverage_drop@c.py"],
  ],
  [
    "a new name with the same tests",
    {
      base: before({ "a.py": 95, "b.py": 80 }),
      work: { ...after({ "a.py": 95, "c.py": 80 }), "b.py": null, "c.py": "b = 1\n" },
      commands: COPY,
    },
    ["coverage pass"],
  ],
  [
    "it was as low on the head",
    { base: before({ "a.py": 95 }, { "a.py": 60 }), work: after({ "a.py": 60 }), commands: COPY },
    ["coverage pass coverage_below_baseline@a.py"],
  ],
  [
    "it was low on the head, and is lower",
    { base: before({ "a.py": 95 }, { "a.py": 60 }), work: after({ "a.py": 40 }), commands: COPY },
    ["coverage reject coverage_drop@a.py"],
  ],
  [
    "the head cannot be measured",
    { base: { ...before({ "a.py": 95 }), report: "?" }, work: after({ "a.py": 40 }), commands: COPY },
    ["coverage reject coverage_drop@a.py"],
  ],
  [
    "no baseline is said, and nothing runs",
    { work: after({}), commands: { coverage: "false {output}" } },
    ["coverage pass coverage_no_baseline"],
  ],
  [
    "no source is changed: nothing runs",
    { base: before({ "a.py": 95 }), work: { "x.txt": "x" }, commands: { coverage: "false {output}" } },
    ["coverage pass"],
  ],
  [
    "GT-25 the command fails",
    { base: before({ "a.py": 95 }), work: after({ "a.py": 95 }), commands: { coverage: "cp report {output}; false" } },
    ["coverage reject coverage_failed"],
  ],
  [
    "there is no such command",
    { base: before({ "a.py": 95 }), work: after({ "a.py": 95 }), commands: { coverage: "measure-it-all {output}" } },
    ["coverage broken tool_missing"],
  ],
  [
    "it leaves no report",
    { base: before({ "a.py": 95 }), work: after({ "a.py": 95 }), commands: { coverage: "test ! -e {output}" } },
    ["coverage reject coverage_no_report"],
  ],
  [
    "the report is a link",
    {
      base: before({ "a.py": 95 }),
      work: after({ "a.py": 95 }),
      commands: { coverage: 'ln -s "$PWD/report" {output}' },
    },
    ["coverage reject coverage_no_report"],
  ],
  [
    "the report is no report",
    { base: before({ "a.py": 95 }), work: { ...after({}), report: "well" }, commands: COPY },
    ["coverage reject coverage_unreadable"],
  ],
  [
    "the report is of other files",
    { base: before({ "a.py": 95 }), work: after({ "/usr/lib/a.py": 95 }), commands: COPY },
    ["coverage reject coverage_unreadable"],
  ],
  [
    "the report is in a folder",
    {
      base: before({ "a.py": 95 }),
      work: after({ "a.py": 10 }),
      commands: { coverage: "mkdir {output} && cp report {output}/coverage.json" },
    },
    ["coverage reject coverage_drop@a.py"],
  ],
  [
    "all tests are run, not some",
    {
      base: before({ "a.py": 95 }),
      work: after({ "a.py": 95 }),
      commands: { coverage: "test {test_dir} = tests && cp report {output}" },
    },
    ["coverage pass"],
  ],
  [
    "a name of two lines is nobody's",
    { base: before({ "a.py": 95, "x\ny.py": 90 }), work: after({ "a.py": 95 }), commands: COPY },
    ["coverage pass"],
  ],
  [
    "the baseline is none",
    { base: { ...before({}), [COVERAGE_BASELINE]: "[]" }, work: after({ "a.py": 95 }), commands: COPY },
    ["coverage broken gate_broken"],
  ],
  [
    "the baseline is of another kind of report",
    {
      base: { ...before({}), [COVERAGE_BASELINE]: report({ "a.py": 95 }).replace("{", '{"meta":{"format":"lcov"},') },
      work: after({ "a.py": 95 }),
      commands: COPY,
    },
    ["coverage broken gate_broken"],
  ],
])("D9 %s", async (_name, asked, expected) => {
  expect(await ask(asked)).toEqual(expected);
});

test("D9 the baseline is the head's, never the work's", async () => {
  const work = { ...after({ "a.py": 10 }), [COVERAGE_BASELINE]: report({ "a.py": 10 }) };
  expect(await ask({ base: before({ "a.py": 95 }), work, commands: COPY })).toEqual([
    "coverage reject coverage_drop@a.py",
  ]);
});

test("a drop is told with both numbers, and what was measured stays in the record", async () => {
  const candidate = await lay({ base: before({ "a.py": 95 }), work: after({ "a.py": 92.9 }), commands: COPY });
  const [verdict] = await judgedBy(candidate);
  expect(verdict?.findings.map(({ message }) => message)).toEqual([
    "Coverage regression: a.py dropped from 95.0% to 92.9%, by more than 2 points",
  ]);
  expect(verdict?.command).toContain("cp report /");
});
