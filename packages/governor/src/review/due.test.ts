import { expect, test } from "bun:test";
import { type EventOf, TaskId } from "@dgov/kernel";
import type { Change } from "../git/tree_changes.ts";
import type { Review } from "../review_file.ts";
import { isApart, needsApart, notDue } from "./due.ts";

const ONE = TaskId.parse("core/main.a");
type Level = EventOf<"integration_risk_scored">["level"];
type Asked = { files?: string[]; tier?: number; risk?: Level };

const changed = (paths: readonly string[]) => ({ changes: paths.map((path): Change => ({ path }) as Change) });
const review = (more: Partial<Review>): Review => ({ approvals: 1, turns: 1, time_ms: 1, seats: [], ...more });
const GATED = review({ due: { over_files: 2, areas: ["src/auth/"] } });

function due({ files = ["a", "b"], tier = 0, risk }: Asked, by: Review): boolean {
  const risks = risk === undefined ? [] : [{ attempt: 1, level: risk }];
  const run = { tasks: [{ id: ONE, tier }], index: new Map([[ONE, 0]]) };
  const site = { session: { run, read: () => risks } } as never;
  return notDue(site, { task: ONE, attempt: 1 }, changed(files), by) === null;
}

test.each<[string, Asked, boolean, Review?]>([
  ["N files", {}, false],
  ["N + 1 files", { files: ["a", "b", "c"] }, true],
  ["an agent that was escalated to", { tier: 1 }, true],
  ["a medium risk", { risk: "medium" }, true],
  ["a low risk", { risk: "low" }, false],
  ["an area", { files: ["src/auth/key.ts"] }, true],
  ["beside an area", { files: ["src/author.ts"] }, false],
  [
    "a file for which somebody apart must approve",
    { files: ["x"] },
    true,
    { ...GATED, apart: { files: ["x"], families: {} } },
  ],
  ["a project that has all reviewed", { files: ["a"] }, true, review({})],
])("E1 a review is asked of %s: %p is %p", (_, asked, expected, by = GATED) => {
  expect(due(asked, by)).toBe(expected);
});

test.each<[provider: string, family: string, apart: boolean]>([
  ["p", "oak", false],
  ["p", "elm", false],
  ["q", "oak", false],
  ["q", "elm", true],
])("E6 a seat of %s and of the family %s beside an author of p and oak is apart: %p", (provider, family, apart) => {
  const author = { provider: "p", model: "p/m" };
  expect(isApart({ provider, family }, author, { "p/m": "Oak" })).toBe(apart);
  expect(isApart({ provider, family }, author, {})).toBe(false); // a family that nobody has stated may be the same
});

test("E6 only for the files that the project names", () => {
  const by = review({ apart: { files: [".github/"], families: {} } });
  expect([[".github/ci.yml"], ["src/a"]].map((paths) => needsApart(changed(paths), by))).toEqual([true, false]);
  expect(needsApart(changed(["a"]), review({}))).toBe(false);
});
