import { expect, test } from "bun:test";
import type { EventOf } from "@dgov/kernel";
import type { WeighedCheck } from "@dgov/kernel/stated";
import { tell } from "./story.ts";
import { ONE, PARTIAL, toolCalled } from "./testing/sample_run.ts";

test("a run is told in words a newcomer understands", () => {
  const lines = PARTIAL.map(tell).flatMap((told) =>
    told ? [`${told.weight} ${told.task ?? "run"}: ${told.text}`] : [],
  );
  expect(lines).toEqual([
    'milestone run: plan "p": 3 tasks, to land on "main"',
    'detail run: tools and gates run in the "landlock" sandbox: ABI 7',
    'milestone core/a.one: starts with "model"',
    'milestone core/a.two: starts with "model"',
    "stream core/a.one: says: I will read",
    'stream core/a.one: read_file {"path":"src/a.ts"}',
    "milestone core/a.one: write_file was refused (claim): not claimed",
    "milestone core/a.one: done, now being judged: did core/a.one",
    "detail core/a.one: gate scope passed in 40 ms",
    "detail core/a.one: passed every gate on top of aaaaaaa",
    "detail core/a.one: is landing on top of aaaaaaa",
    "milestone core/a.one: landed as ddddddd",
    "milestone core/a.two: done, now being judged: did core/a.two",
    "stream core/a.two: gate tests refuses (pytest -q): tests/a_test.py:3: 1 test failed",
    "milestone core/a.two: refused by tests: tests/a_test.py:3: 1 test failed",
    "milestone core/a.two: is tried again",
    'milestone core/a.two: starts (attempt 2) with "model", going on from its earlier work',
    "milestone core/a.two: failed: The worker stopped using tools and never said done (its work is kept as eeeeeee)",
    'milestone core/b.three: skipped: it needs "core/a.two", which did not land',
    "milestone run: partial: some tasks have landed",
  ]);
});

test.each<[changes: Parameters<typeof toolCalled>[1], weight: string, text: string]>([
  [{ within: 1 }, "detail", 'script: read_file {"path":"src/a.ts"}'],
  [{ within: 1, ok: false, text: "gone" }, "detail", 'script: read_file {"path":"src/a.ts"} failed: gone'],
  [{ within: 1, ok: false, refused_by: "claim", text: "no" }, "stream", "script: read_file was refused (claim): no"],
  [{ ok: false, refused_by: "claim", text: "no" }, "milestone", "read_file was refused (claim): no"],
])("a call %p is a %s", (changes, weight, text) => {
  expect(tell(toolCalled(ONE, changes))).toMatchObject({ weight, text });
});

test.each<[weight: "detail" | "milestone", check: Partial<WeighedCheck>, text: string]>([
  ["detail", { standing: "verified", call: 3 }, "states tests passed (verified, call 3)"],
  ["milestone", { why: "no_run" }, "states tests passed (unverified: no run of it)"],
  [
    "milestone",
    { check: "command", command: "make", standing: "contradicted", call: 2 },
    'states "make" passed (contradicted, call 2)',
  ],
])("G9 what is not verified is told as it happens: %s %#", (weight, check, text) => {
  const stated = {
    check: "tests",
    command: "",
    outcome: "passed",
    standing: "unverified",
    why: null,
    call: null,
  } as const;
  const trees = { left: "1".repeat(40), tree: "1".repeat(40) };
  const event = { kind: "checks_stated" as const, task: ONE, attempt: 1, ...trees, checks: [{ ...stated, ...check }] };
  expect(tell(event)).toMatchObject({ weight, text });
});

type Symbols = EventOf<"integration_risk_scored" | "merged_by_symbol" | "symbols_touched">;
type Without<Type> = Type extends unknown ? Omit<Type, "task" | "attempt"> : never;
const overlap = (symbol: string) => ({
  path: "a.py",
  symbol,
  kind: "same_symbol" as const,
  ours: "edited",
  theirs: "removed by b",
});
const touched = { path: "a.py", symbol: "f", did: "edited" as const, edited: ["body"], claimed: true };
const trees = { base: "a".repeat(40), tree: "b".repeat(40), grammars: "1" };

test.each<[event: Without<Symbols>, weight: string, text: string]>([
  [
    { kind: "integration_risk_scored", head: "a".repeat(40), level: "none", overlaps: [] },
    "detail",
    "nobody else has touched what it touches",
  ],
  [
    { kind: "integration_risk_scored", head: "a".repeat(40), level: "high", overlaps: [overlap("f"), overlap("")] },
    "stream",
    "risk high: a.py::f: edited; removed by b (and 1 more)",
  ],
  [
    { kind: "merged_by_symbol", head: "a".repeat(40), tree: "b".repeat(40), files: [{ path: "a.py", decided: [] }] },
    "milestone",
    'git could not merge "a.py"; symbol by symbol it goes together, and is judged',
  ],
  [
    { kind: "symbols_touched", ...trees, touched: [touched], touched_more: 2, unknown: [{ path: "b", why: "binary" }] },
    "detail",
    "touched 3 symbols, and files whose symbols are not known",
  ],
])("what is known of symbols: %#", (event, weight, text) => {
  expect(tell({ task: ONE, attempt: 1, ...event })).toMatchObject({ weight, text });
});

test("what a person says to a reviewer is told with who it was", () => {
  const at = { task: ONE, attempt: 1, seat: "oak", finding: "oak-1", tree: "b".repeat(40) };
  const found = { code: "review_blocker", message: "no" };
  const said = { kind: "finding_answered" as const, ...at, found, by: "ann", reason: "we want it so" };
  expect(tell({ ...said, does: "dismiss" })?.text).toBe("ann dismisses oak-1: we want it so");
  expect(tell({ ...said, does: "answer" })).toMatchObject({
    weight: "milestone",
    text: "ann answers oak-1: we want it so",
  });
});
